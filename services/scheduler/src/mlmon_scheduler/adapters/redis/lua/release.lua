#!lua
-- Release held runs (at most 100) to wait for what is still to come, infra failures forgiven.
-- KEYS: 1 ep
-- ARGV: 1..n runs, n+1 now_ms
-- RETURNS: {0, state of each run afterwards, or '' for one that is not live}
-- ERRORS: 1 no epoch
--@include queues
if not epoch then return { 1 } end
local states = { 0 }
for i = 1, #ARGV - 1 do
  local run = ARGV[i]
  local state = redis.call('HGET', key.run(run), 'state') or ''
  if state == 'held' then await_run(run, { 'reason', '', 'avoid', '', 'spent_infra', '' }) end
  states[#states + 1] = redis.call('HGET', key.run(run), 'state') or ''
end
return states
