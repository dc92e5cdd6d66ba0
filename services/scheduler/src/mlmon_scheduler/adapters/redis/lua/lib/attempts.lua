-- Ending an attempt: the lease goes, the resources come back, the run moves on.
--@include queues
--@include told

-- What is needed of a run and of its newest attempt to end it.
local function read_lease(run)
  local facts = redis.call('HMGET', key.run(run), 'attempt', 'agent', 'rv', 'client', 'share',
    'gates', 'job', 'version', 'counted_in', 'metrics')
  local attempt = redis.call('HMGET', key.attempt(run, facts[1]), 'charged', 'accepted_at',
    'progress', 'usage', 'told')
  return { attempt = facts[1], agent = facts[2], rv = tonumber(facts[3]), client = facts[4],
    share = tonumber(facts[5] or '') or 0, gates = facts[6], job = facts[7], version = facts[8],
    counted_in = facts[9], metrics = facts[10],
    charged = tonumber(attempt[1] or '') or 0, accepted_at = tonumber(attempt[2] or ''),
    progress = attempt[3], usage = attempt[4], is_telling = attempt[5] }
end

-- Charge the client for the time that the attempt took instead of the estimate.
local function settle(lease)
  local used = 0
  if lease.accepted_at then used = lease.share * math.max(0, now - lease.accepted_at) / 1000 end
  local usage = read_usage(lease.client)
  if used > lease.charged then
    charge(usage, used - lease.charged)
  else
    usage.credit = usage.credit + lease.charged - used
  end
  write_usage(lease.client, usage)
  return usage
end

-- Give back what the agent held for the run, and what that took of its client's share and gates.
local function release(run, lease)
  local agent = lease.agent
  local held = redis.call('HGET', key.held(agent), run)
  if not held then return end
  redis.call('HDEL', key.held(agent), run)
  redis.call('HDEL', key.directives(agent), run)
  local a = key.agent(agent)
  local amounts = { string.match(held, '^[^|]*|[^|]*|(%d+)|(%d+)|(%d+)|(%d+)$') }
  local used = redis.call('HMGET', a, 'used_cpu_milli', 'used_memory', 'used_gpus', 'used_disk')
  for i = 1, 4 do used[i] = text((tonumber(used[i] or '') or 0) - tonumber(amounts[i])) end
  redis.call('HSET', a, 'used_cpu_milli', used[1], 'used_memory', used[2], 'used_gpus', used[3],
    'used_disk', used[4])
  redis.call('PUBLISH', key.wake(), 'agent:' .. agent)
  if lease.counted_in then uncount_in_lane(run, lease.counted_in) end
  redis.call('HDEL', key.holds(lease.client), run)
  show_again(lease.client, settle(lease))
  leave_gates(run, lease.gates)
end

-- The natural logarithm of 1.25; while a library is loaded there is no `math`.
local LOG_BUCKET_GROWTH = 0.22314355131420976

-- Count how long a success took in the histograms of its version and of its job.
local function measure_duration(lease)
  if not lease.accepted_at then return end
  local seconds = math.max(now - lease.accepted_at, 1) / 1000
  local bucket = text(math.floor(math.log(seconds) / LOG_BUCKET_GROWTH))
  redis.call('HINCRBY', key.durations(lease.job, lease.version), bucket, 1)
  redis.call('HINCRBY', key.durations(lease.job, '*'), bucket, 1)
end

-- End the run's newest attempt in `state` and move the run to `next_state`.
-- `facts` is a flat list for the attempt, `fields` one for the run.
local function end_attempt(run, state, facts, next_state, ready_at, fields)
  local lease = read_lease(run)
  release(run, lease)
  if state == 'succeeded' then measure_duration(lease) end
  redis.call('ZREM', key.grants_by_deadline(), run)
  redis.call('ZREM', key.timeouts(), run)
  local changed = { 'state', state, 'finished_at', text(now) }
  -- What beats said is in no event yet; a report of the end goes before it.
  for _, name in ipairs({ 'progress', 'usage' }) do
    if (lease[name] or '') ~= '' then
      changed[#changed + 1] = name
      changed[#changed + 1] = lease[name]
    end
  end
  if lease.is_telling then
    local t = key.attempt(run, lease.attempt)
    outdate_metrics(t, lease.metrics, field_in(fields, 'metrics'))
    for _, value in ipairs(list_told(t)) do changed[#changed + 1] = value end
  end
  for i = 1, #facts do changed[#changed + 1] = facts[i] end
  emit('attempt', run .. '.' .. lease.attempt, lease.rv + 1,
    { 'run', run, 'number', lease.attempt, unpack(changed) })
  local moved = { 'agent', '' }
  for i = 1, #fields do moved[#moved + 1] = fields[i] end
  local position
  if next_state == 'queued' then
    position = queue_run(run, moved)
  elseif next_state == 'delayed' then
    position = set_state(run, 'delayed', moved)
    redis.call('ZADD', key.delayed(), ready_at, run)
  else
    position = set_state(run, next_state, moved)
  end
  redis.call('HSET', key.attempt(run, lease.attempt), 'position', position, unpack(changed))
  return position
end
