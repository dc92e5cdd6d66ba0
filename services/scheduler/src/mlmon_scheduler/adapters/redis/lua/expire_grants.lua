#!lua flags=allow-oom
-- Return grants that were not accepted in time to the queue; it costs the run no retry.
-- KEYS: 1 ep
-- ARGV: 1 limit, 2 now_ms
-- RETURNS: {0, grants returned}
-- ERRORS: 1 no epoch
--@include attempts
if not epoch then return { 1 } end
local due = redis.call('ZRANGE', key.grants_by_deadline(), '-inf', text(now), 'BYSCORE', 'LIMIT', 0,
  ARGV[1])
for _, run in ipairs(due) do
  redis.call('ZREM', key.grants_by_deadline(), run)
  if redis.call('HGET', key.run(run), 'state') == 'leased' then
    end_attempt(run, 'returned', { 'reason', 'The agent did not accept the grant in time.' },
      'queued', '', {})
  end
end
return { 0, #due }
