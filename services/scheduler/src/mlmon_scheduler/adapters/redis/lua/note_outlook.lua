#!lua flags=allow-oom
-- Note whether runs will end by their deadlines (at most 100), and raise those that may not.
-- KEYS: 1 ep
-- ARGV: 1..4k for each run: run, outlook, when to look again or '' for never, lane in which it
--   goes at least or ''; n+1 now_ms
-- RETURNS: {0, runs that are late now and were not before}
-- ERRORS: 1 no epoch
--@include inheritance
if not epoch then return { 1 } end
local late = 0
for i = 1, #ARGV - 4, 4 do
  local run, outlook, look_at, lane = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local facts = redis.call('HMGET', key.run(run), 'state', 'deadline_outlook', 'effective_lane',
    'effective_priority')
  local state = facts[1]
  if not state or FINAL[state] or look_at == '' then
    redis.call('ZREM', key.deadlines(), run)
  else
    redis.call('ZADD', key.deadlines(), look_at, run)
  end
  if state and not FINAL[state] then
    local changed = {}
    if outlook ~= facts[2] then
      changed = { 'deadline_outlook', outlook }
      if outlook == 'late' then late = late + 1 end
    end
    if lane ~= '' and may_move(state) and LANE_RANK[lane] < LANE_RANK[facts[3]] then
      move_run(run, tonumber(facts[4]), lane, changed)
      ask_parents(run)
    elseif #changed > 0 then
      set_state(run, state, changed)
    end
  end
end
return { 0, late }
