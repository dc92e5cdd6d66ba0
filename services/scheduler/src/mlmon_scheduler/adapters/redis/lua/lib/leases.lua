-- Giving a lease back: what the agent holds, and what that takes of it.

local LEASED = { leased = true, running = true, cancelling = true }

local function hold_lease(agent, run, attempt, fence, shape)
  redis.call('HSET', key.held(agent), run,
    attempt .. '|' .. fence .. '|' .. table.concat(shape, '|'))
  for i, name in ipairs({ 'used_cpu_milli', 'used_memory', 'used_gpus', 'used_disk' }) do
    redis.call('HINCRBY', key.agent(agent), name, shape[i])
  end
end

local function flat_fields(fields)
  local list = {}
  for name, value in pairs(fields) do
    list[#list + 1] = name
    list[#list + 1] = value
  end
  return list
end
