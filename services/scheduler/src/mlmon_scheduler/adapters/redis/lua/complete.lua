#!lua flags=allow-oom
-- Record how attempts ended and move their runs on, as the caller decided on version `rv` of each.
-- KEYS: 1 ep
-- ARGV: 14 an ending (at most 16), then now_ms: 1 run, 2 attempt, 3 fence, 4 rv, 5 attempt state,
--   6 next run state, 7 ready_at (delayed), 8 JSON {field: text} of the attempt, 9 JSON
--   {field: text} of the run, 10 JSON of artifacts or '', 11 agent whose deadline must have passed
--   or '', 12 '1' if its host may be why it failed, else '', 13 what it says of the job: 'i' for an
--   infra failure, 'o' for another end, '' for nothing, 14 agent that says so, or '' for ourselves
-- RETURNS: {0, {0, run state, position}, …}: an answer an ending; the same attempt and fence
--   again: the stored answer
-- ERRORS: 1 no epoch; 4 stale fence {4, state, attempt in force}; 5 the run changed {5, rv};
--   6 the agent is alive after all; 10 another agent's attempt; 11 a success of an attempt that was
--   never accepted {11, state}; all but 1 as the answer of an ending
--@include attempts
--@include breakers
--@include quarantine
if not epoch then return { 1 } end
local ENDING = 14

local function flat(json)
  local list = {}
  for name, value in pairs(cjson.decode(json)) do
    list[#list + 1] = name
    list[#list + 1] = value
  end
  return list
end

local function complete(run, attempt, fence, rv, attempt_state, run_state, ready_at, attempt_json,
    run_json, artifacts, lost_agent, is_of_host, mark, reporter)
  local facts = redis.call('HMGET', key.run(run), 'state', 'attempt', 'fence', 'rv', 'client',
    'job', 'agent', 'version')
  if not facts[1] then
    local done = redis.call('HMGET', key.done(run), 'state', 'fence', 'position')
    if done[2] == fence then return { 0, done[1], done[3] or '' } end
    return { 4, done[1] or '', '' }
  end
  local t = redis.call('HMGET', key.attempt(run, attempt), 'fence', 'state', 'position', 'agent')
  if reporter ~= '' and t[4] and t[4] ~= reporter then return { 10 } end
  if t[1] ~= fence then return { 4, facts[1], facts[2] or '' } end
  if t[3] and t[2] ~= 'lost' and t[2] ~= 'returned' then return { 0, facts[1], t[3] } end
  local is_leased = facts[1] == 'leased' or facts[1] == 'running' or facts[1] == 'cancelling'
  if facts[3] ~= fence or not is_leased then return { 4, facts[1], facts[2] or '' } end
  if facts[1] == 'leased' and attempt_state == 'succeeded' then return { 11, facts[1] } end
  if facts[4] ~= rv then return { 5, facts[4] } end
  if lost_agent ~= '' then
    local deadline = redis.call('ZSCORE', key.agents_by_deadline(), lost_agent)
    if deadline and tonumber(deadline) > now then return { 6 } end
  end
  local attempt_fields = flat(attempt_json)
  local position = end_attempt(run, attempt_state, attempt_fields, run_state, ready_at,
    flat(run_json))
  if artifacts ~= '' then
    redis.call('HSET', key.published(facts[5], facts[6]), 'run', run, 'attempt', attempt,
      'artifacts', artifacts)
  end
  local why = mark == 'i' and field_in(attempt_fields, 'reason') or ''
  if is_of_host == '1' then note_host_failure(facts[7], facts[6], why) end
  if mark ~= '' then count_outcome(facts[6], facts[8], mark, why) end
  return { 0, run_state, position }
end

local answers = { 0 }
for first = 1, #ARGV - 1, ENDING do
  answers[#answers + 1] = complete(unpack(ARGV, first, first + ENDING - 1))
end
return answers
