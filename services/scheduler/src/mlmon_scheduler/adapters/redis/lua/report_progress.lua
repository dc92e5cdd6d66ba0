#!lua
-- Take what the command of a running attempt told over HTTP: the same again changes nothing.
-- KEYS: 1 ep
-- ARGV: 1 run, 2 attempt, 3 fence, 4 progress or '', 5 limit of metrics, then name and value of each
--   metric; last now_ms
-- RETURNS: {0}
-- ERRORS: 1 no epoch; 4 stale fence {4, state, attempt in force}; 12 more metrics than the limit
--@include events
--@include told
if not epoch then return { 1 } end
local run, attempt = ARGV[1], ARGV[2]
local facts = redis.call('HMGET', key.run(run), 'state', 'attempt', 'fence')
local is_running = facts[1] == 'running' or facts[1] == 'cancelling'
if not is_running or facts[2] ~= attempt or facts[3] ~= ARGV[3] then
  return { 4, facts[1] or '', facts[2] or '' }
end
local t = key.attempt(run, attempt)
local told = { 'told', '1' }
if ARGV[4] ~= '' then told[3], told[4] = 'told_progress', ARGV[4] end
local names = {}
for i = 6, #ARGV - 1, 2 do
  names[TOLD_METRIC .. ARGV[i]] = true
  told[#told + 1] = TOLD_METRIC .. ARGV[i]
  told[#told + 1] = ARGV[i + 1]
end
local known = list_told(t)
for i = 1, #known, 2 do
  if known[i] ~= 'told_progress' then names[known[i]] = true end
end
local count = 0
for _ in pairs(names) do count = count + 1 end
if count > tonumber(ARGV[5]) then return { 12 } end
redis.call('HSET', t, unpack(told))
return { 0 }
