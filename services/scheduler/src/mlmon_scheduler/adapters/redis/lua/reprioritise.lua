#!lua flags=allow-oom
-- Change the priority of runs that have not started (at most 100); they keep their age.
-- KEYS: 1 ep
-- ARGV: 1 priority, 2..n runs, n+1 now_ms
-- RETURNS: {0, state of each run, or '' for one that is not live}
-- ERRORS: 1 no epoch
--@include queues
if not epoch then return { 1 } end
local WAITING = { queued = true, delayed = true, blocked = true, held = true }
local states = { 0 }
for i = 2, #ARGV - 1 do
  local run = ARGV[i]
  local facts = redis.call('HMGET', key.run(run), 'state', 'priority', 'order')
  if WAITING[facts[1]] and facts[2] ~= ARGV[1] then
    local changed = { 'priority', ARGV[1] }
    if facts[3] and facts[3] ~= '' then
      local gained = tonumber(ARGV[1]) - tonumber(facts[2])
      changed[3], changed[4] = 'order', text(tonumber(facts[3]) - 60000 * gained)
    end
    if facts[1] == 'queued' then unqueue_run(run) end
    set_state(run, facts[1], changed)
    if facts[1] == 'queued' then enqueue_in_order(run) end
  end
  states[#states + 1] = facts[1] or ''
end
return states
