-- Hosts that fail one job after the other: counting them, and taking their agent out of service.
--@include clock
--@include events

local JOBS_TO_QUARANTINE = 3
local FAILURES_COUNT_MS = 600000

-- What fails on many hosts at once is no host's fault, but a store's or a network's: then nobody
-- is quarantined, and never more than half of the agents.
local function may_quarantine()
  local agents = redis.call('ZCARD', key.agents())
  return redis.call('ZCARD', key.failing_agents()) <= math.max(1, math.floor(agents / 4))
    and redis.call('SCARD', key.quarantined()) < math.max(1, math.floor(agents / 2))
end

-- Note that a job's attempt failed on the agent's host for a cause that is not the job's.
local function note_host_failure(agent, job, why)
  local fails, a = key.host_fails(agent), key.agent(agent)
  local known = redis.call('HMGET', a, 'id', 'quarantine_reason', 'host', 'pool')
  if not known[1] or (known[2] or '') ~= '' then return end
  local old = text(now - FAILURES_COUNT_MS)
  redis.call('ZADD', key.failing_agents(), text(now), agent)
  redis.call('ZREMRANGEBYSCORE', key.failing_agents(), '-inf', old)
  redis.call('ZADD', fails, text(now), job)
  redis.call('ZREMRANGEBYSCORE', fails, '-inf', old)
  redis.call('PEXPIRE', fails, FAILURES_COUNT_MS)
  local jobs = redis.call('ZRANGE', fails, 0, JOBS_TO_QUARANTINE)
  if #jobs < JOBS_TO_QUARANTINE or not may_quarantine() then return end
  local reason = text(#jobs) .. ' different jobs failed here within 10 minutes for causes that are '
    .. 'not theirs: ' .. table.concat(jobs, ', ') .. '. The last: ' .. why
  redis.call('HSET', a, 'quarantine_reason', reason, 'quarantined_at', text(now))
  redis.call('SADD', key.quarantined(), agent)
  redis.call('DEL', fails)
  emit('agent', agent, text(now), { 'state', 'quarantined', 'host', known[3], 'pool', known[4],
    'reason', reason })
end

local function forget_host_failures(agent)
  redis.call('SREM', key.quarantined(), agent)
  redis.call('ZREM', key.failing_agents(), agent)
  redis.call('DEL', key.host_fails(agent))
end
