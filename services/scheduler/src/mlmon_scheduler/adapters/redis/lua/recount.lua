#!lua flags=allow-oom
-- Compare what agents, gates and clients are said to hold with the leases, and mend what differs.
-- KEYS: 1 ep
-- ARGV: 1 `agent`, `pool`, `gate` or `client`, 2 its name, 3..n runs that it was seen to hold (at most
--   100), or none for its totals, n+1 now_ms
-- RETURNS: {0, number of drifts, what, expected, found, …, gates that an agent's leases hold}
-- ERRORS: 1 no epoch
--@include attempts
--@include leases
if not epoch then return { 1 } end
local kind, name = ARGV[1], ARGV[2]
local answer, drifts, seen_gates = { 0, 0 }, 0, {}

local function note(what, expected, found)
  drifts = drifts + 1
  for _, value in ipairs({ what, expected, found }) do
    answer[#answer + 1] = type(value) == 'number' and text(value) or value
  end
end

local function lease_of(run)
  local facts = redis.call('HMGET', key.run(run), 'state', 'agent', 'attempt', 'fence', 'client',
    'gates', 'counted_in', 'effective_lane')
  if not LEASED[facts[1] or ''] then return nil end
  return { agent = facts[2], prefix = facts[3] .. '|' .. facts[4] .. '|', client = facts[5],
    gates = facts[6], counted_in = facts[7], lane = facts[8] }
end

local function sum_of(hash)
  local sum = 0
  for _, amount in ipairs(redis.call('HVALS', hash)) do sum = sum + tonumber(amount) end
  return sum
end

-- What is seen here may have ended since it was listed; that is no drift.
local look = {}

function look.agent(run)
  local held = redis.call('HGET', key.held(name), run)
  if not held then return end
  local lease = lease_of(run)
  if not lease or lease.agent ~= name or string.sub(held, 1, #lease.prefix) ~= lease.prefix then
    note('lease of run ' .. run, 'none', held)
    redis.call('HDEL', key.held(name), run)
    redis.call('HDEL', key.directives(name), run)
    return
  end
  if lease.counted_in and not redis.call('HGET', key.lane_held(lease.counted_in), run) then
    note('run ' .. run .. ' among its lane in pool ' .. lease.counted_in, 'leased', 'none')
    count_in_lane(run, lease.counted_in, lease.lane,
      { string.match(held, '|(%d+)|(%d+)|(%d+)|(%d+)$') })
  end
  local taken = string.match(held, '|(%d+|%d+|%d+|%d+)$')
  local counted = redis.call('HGET', key.holds(lease.client), run)
  if counted ~= taken then
    note('run ' .. run .. ' among those of client ' .. lease.client, taken, counted or 'none')
    redis.call('HSET', key.holds(lease.client), run, taken)
  end
  for gate, amount in each_gate(lease.gates) do
    seen_gates[#seen_gates + 1] = gate
    local was = redis.call('HGET', key.holders(gate), run)
    if was ~= amount then
      note('places of run ' .. run .. ' at gate ' .. gate, amount, was or 0)
      redis.call('HSET', key.holders(gate), run, amount)
    end
  end
end

function look.gate(run)
  local was = redis.call('HGET', key.holders(name), run)
  if not was then return end
  local lease, wanted = lease_of(run), nil
  for gate, amount in each_gate(lease and lease.gates) do
    if gate == name then wanted = amount end
  end
  if was == wanted then return end
  note('places of run ' .. run, wanted or 0, was)
  if wanted then
    redis.call('HSET', key.holders(name), run, wanted)
  else
    redis.call('HDEL', key.holders(name), run)
  end
end

function look.client(run)
  if redis.call('HEXISTS', key.holds(name), run) == 0 then return end
  local lease = lease_of(run)
  if lease and lease.client == name then return end
  note('leased run ' .. run, 'none', 'leased')
  redis.call('HDEL', key.holds(name), run)
end

function look.pool(run)
  if redis.call('HEXISTS', key.lane_held(name), run) == 0 then return end
  local lease = lease_of(run)
  if lease and lease.counted_in == name then return end
  note('run ' .. run .. ' in its lane', 'none', 'leased')
  redis.call('HDEL', key.lane_held(name), run)
end

local total = {}

function total.pool() end

function total.agent()
  local a = key.agent(name)
  local names = { 'used_cpu_milli', 'used_memory', 'used_gpus', 'used_disk' }
  local sums, used = { 0, 0, 0, 0 }, redis.call('HMGET', a, unpack(names))
  for _, held in ipairs(redis.call('HVALS', key.held(name))) do
    local vector = { string.match(held, '|(%d+)|(%d+)|(%d+)|(%d+)$') }
    for i = 1, 4 do sums[i] = sums[i] + tonumber(vector[i]) end
  end
  local before = drifts
  for i, field in ipairs(names) do
    if (tonumber(used[i] or '') or 0) ~= sums[i] then
      note(field, sums[i], used[i] or 0)
      redis.call('HSET', a, field, text(sums[i]))
    end
  end
  if drifts > before then redis.call('PUBLISH', key.wake(), 'agent:' .. name) end
end

function total.gate()
  local used = redis.call('HGET', key.gate(name), 'used')
  if used then
    local sum = sum_of(key.holders(name))
    if tonumber(used) ~= sum then
      note('used', sum, used)
      redis.call('HSET', key.gate(name), 'used', text(sum))
    end
  end
  admit(name)
end

function total.client()
  local count = 0
  for _, queue in ipairs(redis.call('SMEMBERS', key.open_queues())) do
    local class, lane = string.match(queue, '^(.*)|([^|]*)$')
    count = count + redis.call('ZLEXCOUNT', key.queue(class, lane), '[' .. name .. '|',
      '(' .. name .. '}')
  end
  local was = tonumber(redis.call('HGET', key.queued_by_client(), name) or '') or 0
  if was ~= count then
    note('queued runs', count, was)
    if count > 0 then
      redis.call('HSET', key.queued_by_client(), name, text(count))
    else
      redis.call('HDEL', key.queued_by_client(), name)
    end
  end
  show_again(name, read_usage(name))
end

for i = 3, #ARGV - 1 do look[kind](ARGV[i]) end
if #ARGV == 3 then total[kind]() end
answer[2] = text(drifts)
for _, gate in ipairs(seen_gates) do answer[#answer + 1] = gate end
return answer
