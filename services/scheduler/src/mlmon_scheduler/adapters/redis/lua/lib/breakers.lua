-- Breakers: a version of a job whose attempts keep failing for causes that are not its own.
--@include clock
--@include events

local ATTEMPTS_JUDGED = 20
local FAILURES_TO_OPEN = 10
local FORGOTTEN_SECONDS = 7 * 86400

-- Count how an attempt ended: `i` for an infra failure, `o` for anything else. The count begins
-- with a failure, so that a job that fails never costs no more than one look.
local function count_outcome(job, version, outcome, why)
  local b = key.breaker(job, version)
  local known = redis.call('HMGET', b, 'recent', 'state')
  if not known[1] and outcome ~= 'i' then return end
  local recent = string.sub((known[1] or '') .. outcome, -ATTEMPTS_JUDGED)
  local _, failures = string.gsub(recent, 'i', '')
  local is_open = known[2] == 'open'
  if failures == 0 and not is_open then
    redis.call('DEL', b)
    return
  end
  redis.call('HSET', b, 'recent', recent)
  -- The attempt that completes the count may have succeeded.
  if outcome == 'i' then redis.call('HSET', b, 'last', why) end
  if is_open then return end
  redis.call('EXPIRE', b, FORGOTTEN_SECONDS)
  if #recent < ATTEMPTS_JUDGED or failures < FAILURES_TO_OPEN then return end
  local reason = text(failures) .. ' of the last ' .. text(#recent) .. ' attempts failed for causes '
    .. 'that are not the command\'s. The last: ' .. (redis.call('HGET', b, 'last') or '')
  redis.call('HSET', b, 'state', 'open', 'reason', reason, 'at', text(now))
  redis.call('PERSIST', b)
  redis.call('SADD', key.breakers(), job .. ':' .. version)
  emit('breaker', job .. ':' .. version, text(now), { 'state', 'open', 'reason', reason })
end
