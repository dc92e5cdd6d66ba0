#!lua flags=allow-oom
-- Turn grants into running attempts; the agent starts nothing before this says 0.
-- KEYS: 1 ep
-- ARGV: 1 agent, then six a grant (at most 16): 1 run, 2 attempt, 3 fence, 4 limit of the command
--   in ms or '' for no limits, 5 of its silence or '', 6 ms beyond a limit until the server acts;
--   last now_ms
-- RETURNS: {0, {0}, …}: an answer a grant; the same again is 0 again
-- ERRORS: 1 no epoch; 4 stale fence {4, state, attempt in force}, as the answer of a grant
--@include run_states
if not epoch then return { 1 } end
local agent = ARGV[1]

local function accept(run, attempt, fence, run_limit, silence_limit, margin)
  local facts = redis.call('HMGET', key.run(run), 'state', 'attempt', 'fence', 'agent',
    'started_at', 'start_by')
  if facts[3] ~= fence or facts[2] ~= attempt or facts[4] ~= agent then
    return { 4, facts[1] or '', facts[2] or '' }
  end
  if facts[1] == 'running' or facts[1] == 'cancelling' then return { 0 } end
  if facts[1] ~= 'leased' then return { 4, facts[1], facts[2] } end
  redis.call('ZREM', key.grants_by_deadline(), run)
  if facts[6] then redis.call('ZREM', key.starts_by(), run) end
  local fields = {}
  if not facts[5] or facts[5] == '' then fields = { 'started_at', text(now) } end
  local _, rv = set_state(run, 'running', fields)
  local changed = { 'state', 'preparing', 'accepted_at', text(now) }
  local limits = {}
  if run_limit ~= '' then
    limits = { 'run_limit_ms', run_limit, 'silence_limit_ms', silence_limit, 'margin_ms', margin }
  end
  for i = 1, #changed do limits[#limits + 1] = changed[i] end
  redis.call('HSET', key.attempt(run, attempt), unpack(limits))
  emit('attempt', run .. '.' .. attempt, rv, { 'run', run, 'number', attempt, unpack(changed) })
  return { 0 }
end

local answers = { 0 }
for first = 2, #ARGV - 1, 6 do
  answers[#answers + 1] = accept(unpack(ARGV, first, first + 5))
end
return answers
