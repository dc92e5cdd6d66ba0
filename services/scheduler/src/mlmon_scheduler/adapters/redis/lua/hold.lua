#!lua flags=allow-oom
-- Hold runs that wait (at most 100): they start nothing until they are released.
-- KEYS: 1 ep
-- ARGV: 1 reason, 2..n runs, n+1 now_ms
-- RETURNS: {0, state of each run afterwards, or '' for one that is not live}
-- ERRORS: 1 no epoch
--@include queues
if not epoch then return { 1 } end
local WAITING = { queued = true, delayed = true, blocked = true, parked = true }
local states = { 0 }
for i = 2, #ARGV - 1 do
  local run = ARGV[i]
  local state = redis.call('HGET', key.run(run), 'state') or ''
  if WAITING[state] then
    stop_waiting(run, state)
    set_state(run, 'held', { 'reason', ARGV[1] })
    state = 'held'
  end
  states[#states + 1] = state
end
return states
