-- Giving a lease back: what the agent holds, and what that takes of it, of gates and of quotas.
--@include gates

local LEASED = { leased = true, running = true, cancelling = true }

local function hold_lease(agent, run, attempt, fence, shape)
  redis.call('HSET', key.held(agent), run,
    attempt .. '|' .. fence .. '|' .. table.concat(shape, '|'))
  for i, name in ipairs({ 'used_cpu_milli', 'used_memory', 'used_gpus', 'used_disk' }) do
    redis.call('HINCRBY', key.agent(agent), name, shape[i])
  end
  local about = redis.call('HMGET', key.run(run), 'client', 'gates', 'effective_lane', 'pool')
  local pool = redis.call('HGET', key.agent(agent), 'pool') or about[4]
  local lane = about[3]
  if pool and (lane == 'critical'
      or redis.call('HEXISTS', key.pool(pool), 'share:' .. (lane or '')) == 1) then
    count_in_lane(run, pool, lane, shape)
  end
  redis.call('HSET', key.holds(about[1]), run, table.concat(shape, '|'))
  hold_gates(run, about[2])
end

local function flat_fields(fields)
  local list = {}
  for name, value in pairs(fields) do
    list[#list + 1] = name
    list[#list + 1] = value
  end
  return list
end
