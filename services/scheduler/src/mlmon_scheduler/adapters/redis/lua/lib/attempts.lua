-- Ending an attempt: the lease goes, the resources come back, the run moves on.
--@include queues

-- Charge the client for the time that the attempt took instead of the estimate.
local function settle(client, run, attempt, share)
  local about = redis.call('HMGET', key.attempt(run, attempt), 'charged', 'accepted_at')
  local charged = tonumber(about[1] or '') or 0
  local used = 0
  if about[2] then used = share * math.max(0, now - tonumber(about[2])) / 1000 end
  local usage = read_usage(client)
  if used > charged then
    charge(usage, used - charged)
  else
    usage.credit = usage.credit + charged - used
  end
  write_usage(client, usage)
  return usage
end

-- Give back what the run had of its client's share and of its gates.
local function leave_share(run)
  local about = redis.call('HMGET', key.run(run), 'client', 'attempt', 'share', 'gates', 'critical_in')
  local client = about[1]
  if about[5] then uncount_critical(run, about[5]) end
  redis.call('HDEL', key.holds(client), run)
  show_again(client, settle(client, run, about[2], tonumber(about[3] or '') or 0))
  leave_gates(run, about[4])
end

-- Give back what the agent held for the run.
local function release(agent, run)
  local held = redis.call('HGET', key.held(agent), run)
  if not held then return end
  local cpu, memory, gpus, disk = string.match(held, '^[^|]*|[^|]*|(%d+)|(%d+)|(%d+)|(%d+)$')
  redis.call('HDEL', key.held(agent), run)
  redis.call('HDEL', key.directives(agent), run)
  local a = key.agent(agent)
  redis.call('HINCRBY', a, 'used_cpu_milli', text(-tonumber(cpu)))
  redis.call('HINCRBY', a, 'used_memory', text(-tonumber(memory)))
  redis.call('HINCRBY', a, 'used_gpus', text(-tonumber(gpus)))
  redis.call('HINCRBY', a, 'used_disk', text(-tonumber(disk)))
  local pool = redis.call('HGET', a, 'pool')
  if pool then redis.call('PUBLISH', key.wake(), 'agent:' .. agent) end
  leave_share(run)
end

local LOG_BUCKET_GROWTH = math.log(1.25)

-- Count how long a success took in the histograms of its version and of its job.
local function measure_duration(run, attempt)
  local accepted_at = redis.call('HGET', key.attempt(run, attempt), 'accepted_at')
  if not accepted_at then return end
  local about = redis.call('HMGET', key.run(run), 'job', 'version')
  local seconds = math.max(now - tonumber(accepted_at), 1) / 1000
  local bucket = text(math.floor(math.log(seconds) / LOG_BUCKET_GROWTH))
  redis.call('HINCRBY', key.durations(about[1], about[2]), bucket, 1)
  redis.call('HINCRBY', key.durations(about[1], '*'), bucket, 1)
end

-- End the run's newest attempt in `state` and move the run to `next_state`.
-- `facts` is a flat list for the attempt, `fields` one for the run.
local function end_attempt(run, state, facts, next_state, ready_at, fields)
  local r = key.run(run)
  local lease = redis.call('HMGET', r, 'attempt', 'agent', 'rv')
  release(lease[2], run)
  if state == 'succeeded' then measure_duration(run, lease[1]) end
  redis.call('ZREM', key.grants_by_deadline(), run)
  redis.call('ZREM', key.timeouts(), run)
  local changed = { 'state', state, 'finished_at', text(now) }
  -- What beats said is in no event yet; a report of the end goes before it.
  local beaten = redis.call('HMGET', key.attempt(run, lease[1]), 'progress', 'usage')
  for i, name in ipairs({ 'progress', 'usage' }) do
    if beaten[i] and beaten[i] ~= '' then
      changed[#changed + 1] = name
      changed[#changed + 1] = beaten[i]
    end
  end
  for i = 1, #facts do changed[#changed + 1] = facts[i] end
  redis.call('HSET', key.attempt(run, lease[1]), unpack(changed))
  local with_run = { 'run', run, 'number', lease[1], unpack(changed) }
  emit('attempt', run .. '.' .. lease[1], tonumber(lease[3]) + 1, with_run)
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
  redis.call('HSET', key.attempt(run, lease[1]), 'position', position)
  return position
end
