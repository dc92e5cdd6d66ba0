#!lua flags=allow-oom
-- Queue delayed runs whose time has come.
-- KEYS: 1 ep
-- ARGV: 1 limit, 2 now_ms
-- RETURNS: {0, runs queued, ms until the next one is due (-1: none)}
-- ERRORS: 1 no epoch
--@include queues
if not epoch then return { 1 } end
local due = redis.call('ZRANGE', key.delayed(), '-inf', text(now), 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, run in ipairs(due) do
  redis.call('ZREM', key.delayed(), run)
  if redis.call('HGET', key.run(run), 'state') == 'delayed' then queue_run(run, {}) end
end
local next_due = redis.call('ZRANGE', key.delayed(), 0, 0, 'WITHSCORES')
if #next_due == 0 then return { 0, #due, -1 } end
return { 0, #due, math.max(0, tonumber(next_due[2]) - now) }
