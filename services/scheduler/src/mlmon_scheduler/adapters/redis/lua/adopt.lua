#!lua flags=allow-oom
-- Give an attempt of an earlier epoch its lease back, which its agent says it really holds.
-- KEYS: 1 ep
-- ARGV: 1 run, 2 attempt, 3 fence, 4 agent, 5..8 cpu_milli, memory, gpus, disk, 9 JSON
--   {field: text} of the attempt, 10 the same of its limits, 11 now_ms
-- RETURNS: {0, position}; '' when the lease is in force already
-- ERRORS: 1 no epoch; 4 stale fence {4, state, attempt in force}
--@include attempts
--@include fences
--@include leases
if not epoch then return { 1 } end
local run, attempt, fence, agent = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local r = key.run(run)
local facts = redis.call('HMGET', r, 'state', 'attempt', 'fence', 'agent', 'started_at', 'rv')
local state, in_force = facts[1], tonumber(facts[2] or '') or 0
local function start_run(fields)
  if not facts[5] or facts[5] == '' then
    fields[#fields + 1] = 'started_at'
    fields[#fields + 1] = text(now)
  end
  return set_state(run, 'running', fields)
end
if facts[3] == fence and facts[2] == attempt and facts[4] == agent and LEASED[state] then
  if state ~= 'leased' then return { 0, '' } end
  redis.call('ZREM', key.grants_by_deadline(), run)
  return { 0, start_run({}) }
end
local WAITING = { queued = true, delayed = true, blocked = true, held = true,
  parked = true }
local is_superseded = state == 'leased' or state == 'running'
local is_older = fence_parts(fence) < tonumber(epoch) and is_newer_fence(fence, facts[3] or '')
if not (WAITING[state] or is_superseded) or not is_older or tonumber(attempt) <= in_force then
  return { 4, state or '', facts[2] or '' }
end
if is_superseded then
  local reason = 'A later attempt of the run was found when it was recovered.'
  end_attempt(run, 'lost', { 'cause', 'lost', 'reason', reason }, 'queued', '', {})
  state = redis.call('HGET', r, 'state')
end
stop_waiting(run, state)
redis.call('DEL', key.needs(run))
local fields = flat_fields(cjson.decode(ARGV[9]))
-- Attempts in between that nobody knows: lost with Redis.
for number = in_force + 1, tonumber(attempt) - 1 do
  local lost = { 'number', text(number), 'state', 'lost', 'cause', 'lost', 'agent', 'unknown',
    'host', 'unknown', 'pool', 'unknown', 'fence', 'unknown', 'granted_at', text(now),
    'finished_at', text(now), 'reason', 'What became of it was lost with Redis.' }
  local id = run .. '.' .. text(number)
  redis.call('HSET', key.attempt(run, text(number)), 'id', id, unpack(lost))
  emit('attempt', id, redis.call('HGET', r, 'rv'), { 'run', run, unpack(lost) })
end
hold_lease(agent, run, attempt, fence, { ARGV[5], ARGV[6], ARGV[7], ARGV[8] })
start_run({ 'attempt', attempt, 'fence', fence, 'agent', agent, 'reason', '' })
redis.call('HSET', key.attempt(run, attempt), 'id', run .. '.' .. attempt, 'number', attempt,
  'agent', agent, 'fence', fence, unpack(fields))
local limits = flat_fields(cjson.decode(ARGV[10]))
if #limits > 0 then redis.call('HSET', key.attempt(run, attempt), unpack(limits)) end
return { 0, emit('attempt', run .. '.' .. attempt, redis.call('HGET', r, 'rv'), { 'run', run,
  'number', attempt, 'agent', agent, 'fence', fence, unpack(fields) }) }
