#!lua flags=allow-oom
-- Cancel runs (at most 100): those that wait at once, those that run by an order to their agent.
-- KEYS: 1 ep
-- ARGV: 1 reason, 2..n runs, n+1 now_ms
-- RETURNS: {0, state of each run, or '' for one that is not live}
-- ERRORS: 1 no epoch
--@include attempts
if not epoch then return { 1 } end
local states = { 0 }
for i = 2, #ARGV - 1 do
  local run = ARGV[i]
  local facts = redis.call('HMGET', key.run(run), 'state', 'agent', 'attempt', 'fence')
  local state = facts[1]
  if state then stop_waiting(run, state) end
  if not state then
    states[#states + 1] = ''
  elseif FINAL[state] or state == 'cancelling' then
    states[#states + 1] = state
  elseif state == 'leased' then
    -- Nothing was started: an agent creates no container before its accept was answered.
    end_attempt(run, 'returned', { 'reason', ARGV[1] }, 'cancelled', '', { 'reason', ARGV[1] })
    states[#states + 1] = 'cancelled'
  elseif state == 'running' then
    set_state(run, 'cancelling', { 'reason', ARGV[1] })
    redis.call('HSET', key.directives(facts[2]), run,
      'cancel|' .. facts[3] .. '|' .. facts[4] .. '|' .. ARGV[1])
    redis.call('PUBLISH', key.wake(), 'agent:' .. facts[2])
    states[#states + 1] = 'cancelling'
  else
    set_state(run, 'cancelled', { 'reason', ARGV[1] })
    states[#states + 1] = 'cancelled'
  end
end
return states
