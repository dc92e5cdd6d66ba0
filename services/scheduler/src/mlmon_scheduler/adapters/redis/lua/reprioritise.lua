#!lua flags=allow-oom
-- Change the priority of runs that have not started (at most 100); they keep their age.
-- KEYS: 1 ep
-- ARGV: 1 priority, 2..n runs, n+1 now_ms
-- RETURNS: {0, state of each run, or '' for one that is not live}
-- ERRORS: 1 no epoch
--@include inheritance
if not epoch then return { 1 } end
local states = { 0 }
for i = 2, #ARGV - 1 do
  local run = ARGV[i]
  local facts = redis.call('HMGET', key.run(run), 'state', 'priority', 'inherited_priority',
    'effective_lane')
  if may_move(facts[1]) and facts[2] ~= ARGV[1] then
    local inherited = tonumber(facts[3] or '') or 0
    move_run(run, math.max(tonumber(ARGV[1]), inherited), facts[4], { 'priority', ARGV[1] })
    ask_parents(run)
  end
  states[#states + 1] = facts[1] or ''
end
return states
