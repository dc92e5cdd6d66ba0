#!lua flags=allow-oom
-- Record how an attempt ended and move its run on, as the caller decided on version `rv`.
-- KEYS: 1 ep
-- ARGV: 1 run, 2 attempt, 3 fence, 4 rv, 5 attempt state, 6 next run state, 7 ready_at (delayed),
--   8 JSON {field: text} of the attempt, 9 JSON {field: text} of the run, 10 JSON of artifacts
--   or '', 11 agent whose deadline must have passed or '', 12 '1' if its host may be why it
--   failed, else '', 13 what it says of the job: 'i' for an infra failure, 'o' for another end,
--   '' for nothing, 14 now_ms
-- RETURNS: {0, run state, position}; the same attempt and fence again: the stored answer
-- ERRORS: 1 no epoch; 4 stale fence {4, state, attempt in force}; 5 the run changed {5, rv};
--   6 the agent is alive after all; 10 a success of an attempt that was never accepted {10, state}
--@include attempts
--@include breakers
--@include quarantine
if not epoch then return { 1 } end
local run, attempt, fence = ARGV[1], ARGV[2], ARGV[3]
local r = key.run(run)
local facts = redis.call('HMGET', r, 'state', 'attempt', 'fence', 'rv', 'client', 'job', 'agent',
  'version')
if not facts[1] then
  local done = redis.call('HMGET', key.done(run), 'state', 'fence', 'position')
  if done[2] == fence then return { 0, done[1], done[3] or '' } end
  return { 4, done[1] or '', '' }
end
local t = redis.call('HMGET', key.attempt(run, attempt), 'fence', 'state', 'position')
if t[1] ~= fence then return { 4, facts[1], facts[2] or '' } end
if t[3] and t[2] ~= 'lost' and t[2] ~= 'returned' then return { 0, facts[1], t[3] } end
local is_leased = facts[1] == 'leased' or facts[1] == 'running' or facts[1] == 'cancelling'
if facts[3] ~= fence or not is_leased then return { 4, facts[1], facts[2] or '' } end
if facts[1] == 'leased' and ARGV[5] == 'succeeded' then return { 10, facts[1] } end
if facts[4] ~= ARGV[4] then return { 5, facts[4] } end
if ARGV[11] ~= '' then
  local deadline = redis.call('ZSCORE', key.agents_by_deadline(), ARGV[11])
  if deadline and tonumber(deadline) > now then return { 6 } end
end
local function flat(json)
  local list = {}
  for name, value in pairs(cjson.decode(json)) do
    list[#list + 1] = name
    list[#list + 1] = value
  end
  return list
end
local position = end_attempt(run, ARGV[5], flat(ARGV[8]), ARGV[6], ARGV[7], flat(ARGV[9]))
if ARGV[10] ~= '' then
  redis.call('HSET', key.published(facts[5], facts[6]), 'run', run, 'attempt', attempt,
    'artifacts', ARGV[10])
end
local why = ''
if ARGV[13] == 'i' then why = cjson.decode(ARGV[8]).reason or '' end
if ARGV[12] == '1' then note_host_failure(facts[7], facts[6], why) end
if ARGV[13] ~= '' then count_outcome(facts[6], facts[8], ARGV[13], why) end
return { 0, ARGV[6], position }
