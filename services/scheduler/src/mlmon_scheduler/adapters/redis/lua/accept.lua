#!lua flags=allow-oom
-- Turn a grant into a running attempt; the agent starts nothing before this says 0.
-- KEYS: 1 ep
-- ARGV: 1 run, 2 attempt, 3 fence, 4 agent, 5 limit of the command in ms or '' for no limits,
--   6 of its silence or '', 7 ms beyond a limit until the server acts, 8 now_ms
-- RETURNS: {0}; the same again is 0 again
-- ERRORS: 1 no epoch; 4 stale fence {4, state, attempt in force}
--@include run_states
if not epoch then return { 1 } end
local run, attempt, fence, agent = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local facts = redis.call('HMGET', key.run(run), 'state', 'attempt', 'fence', 'agent', 'started_at',
  'start_by')
if facts[3] ~= fence or facts[2] ~= attempt or facts[4] ~= agent then
  return { 4, facts[1] or '', facts[2] or '' }
end
if facts[1] == 'running' or facts[1] == 'cancelling' then return { 0 } end
if facts[1] ~= 'leased' then return { 4, facts[1], facts[2] } end
redis.call('ZREM', key.grants_by_deadline(), run)
if facts[6] then redis.call('ZREM', key.starts_by(), run) end
local fields = {}
if not facts[5] or facts[5] == '' then fields = { 'started_at', text(now) } end
set_state(run, 'running', fields)
local t = key.attempt(run, attempt)
redis.call('HSET', t, 'state', 'preparing', 'accepted_at', text(now))
if ARGV[5] ~= '' then
  redis.call('HSET', t, 'run_limit_ms', ARGV[5], 'silence_limit_ms', ARGV[6], 'margin_ms', ARGV[7])
end
emit('attempt', run .. '.' .. attempt, redis.call('HGET', key.run(run), 'rv'),
  { 'run', run, 'number', attempt, 'state', 'preparing', 'accepted_at', text(now) })
return { 0 }
