#!lua flags=allow-oom
-- Have attempts killed that are beyond their limits, and name those that were not.
-- KEYS: 1 ep
-- ARGV: 1 limit, 2 now_ms
-- RETURNS: {0, attempts looked at, run, attempt, fence, cause, reason, …}: those that were to be
--   killed a margin ago, by an agent that is heard: the caller ends them
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end
local RECHECK_MS = 1000
local answer = { 0, 0 }

local function order_kill(run, attempt, fence, agent, t, cause, reason)
  redis.call('HSET', t, 'kill_ordered_at', text(now), 'kill_cause', cause, 'reason', reason)
  redis.call('HSET', key.directives(agent), run,
    'kill|' .. attempt .. '|' .. fence .. '|' .. reason)
  redis.call('PUBLISH', key.wake(), 'agent:' .. agent)
  emit('attempt', run .. '.' .. attempt, redis.call('HINCRBY', key.run(run), 'rv', 1),
    { 'run', run, 'number', attempt, 'reason', reason })
end

-- Return when the attempt is to be looked at again; nil: never.
local function look_at(run)
  local facts = redis.call('HMGET', key.run(run), 'state', 'attempt', 'fence', 'agent')
  if facts[1] ~= 'running' and facts[1] ~= 'cancelling' then return nil end
  local attempt, fence, agent = facts[2], facts[3], facts[4]
  local t = key.attempt(run, attempt)
  local known = redis.call('HMGET', t, 'state', 'run_limit_ms', 'silence_limit_ms', 'margin_ms',
    'running_at', 'watched_since', 'heard_at', 'seen_at', 'kill_ordered_at', 'kill_cause', 'reason')
  if known[1] ~= 'running' or not known[4] then return nil end
  local margin = tonumber(known[4])
  if known[9] then
    local beat_at = tonumber(redis.call('HGET', key.agent(agent), 'beat_at') or '') or 0
    if beat_at < tonumber(known[9]) + margin then return now + RECHECK_MS end
    for _, value in ipairs({ run, attempt, fence, known[10], known[11] }) do
      answer[#answer + 1] = value
    end
    return now + RECHECK_MS
  end
  local watched_since = tonumber(known[6])
  local limit, cause = tonumber(known[2]), 'timeout'
  local due = math.max(tonumber(known[5]) + limit, watched_since) + margin
  local reason = 'The command ran longer than its timeout of '
  local silence = tonumber(known[3] or '')
  if silence then
    local silent = math.max(tonumber(known[7]), watched_since) + silence + margin
    if silent < due then
      due, limit, cause = silent, silence, 'hung'
      reason = 'The command printed nothing for '
    end
  end
  if now < due then return due end
  -- The agent may have ended it meanwhile: only what it says afterwards counts.
  if tonumber(known[8]) < due then return now + RECHECK_MS end
  order_kill(run, attempt, fence, agent, t, cause, reason .. string.format('%g', limit / 1000)
    .. ' s, and its agent did not stop it: the server had it killed.')
  return now + margin
end

local due = redis.call('ZRANGE', key.timeouts(), '-inf', text(now), 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, run in ipairs(due) do
  local again = look_at(run)
  if again then
    redis.call('ZADD', key.timeouts(), text(again), run)
  else
    redis.call('ZREM', key.timeouts(), run)
  end
end
answer[2] = #due
return answer
