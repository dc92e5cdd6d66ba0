#!lua flags=allow-oom
-- Expire runs that have not begun their first attempt by their start deadline.
-- KEYS: 1 ep
-- ARGV: 1 limit, 2 now_ms
-- RETURNS: {0, deadlines dealt with}
-- ERRORS: 1 no epoch
--@include queues
if not epoch then return { 1 } end
local WAITING = { queued = true, delayed = true, blocked = true, held = true, parked = true }
local GRANT_RECHECK_MS = 1000
local due = redis.call('ZRANGE', key.starts_by(), '-inf', text(now), 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, run in ipairs(due) do
  local facts = redis.call('HMGET', key.run(run), 'state', 'started_at')
  local state, has_started = facts[1], (facts[2] or '') ~= ''
  if state == 'leased' and not has_started then
    -- It starts within seconds, or comes back.
    redis.call('ZADD', key.starts_by(), text(now + GRANT_RECHECK_MS), run)
  else
    redis.call('ZREM', key.starts_by(), run)
    if WAITING[state] and not has_started then
      stop_waiting(run, state)
      set_state(run, 'expired', { 'reason', 'It was ' .. state .. ' when its start deadline passed.' })
    end
  end
end
return { 0, #due }
