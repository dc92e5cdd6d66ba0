-- What share of a pool each lane may hold before others go first.
--@include clock
--@include events
-- `lane_held:<pool>` has the leased runs that count: those of lane critical, and of lanes that have a
-- share. `pool:<pool>` has the shares (`share:<lane>`) and what the pool's agents have together.

local RESOURCES = { 'cpu_milli', 'memory', 'gpus', 'disk' }

local function count_in_lane(run, pool, lane, vector)
  redis.call('HSET', key.lane_held(pool), run, lane .. '|' .. table.concat(vector, '|'))
  redis.call('HSET', key.run(run), 'counted_in', pool)
end

local function uncount_in_lane(run, pool)
  redis.call('HDEL', key.lane_held(pool), run)
  redis.call('HDEL', key.run(run), 'counted_in')
end

local function add_up(taken, vector)
  for i, amount in ipairs(vector) do taken[i] = taken[i] + tonumber(amount) end
end

-- The pool's caps by lane, with what its runs hold now.
local function read_caps(pool)
  local caps, capacity = {}, {}
  local facts = redis.call('HGETALL', key.pool(pool))
  if #facts == 0 then return caps end
  for i = 1, #facts, 2 do
    local lane = string.match(facts[i], '^share:(.*)$')
    if lane then
      caps[lane] = { share = tonumber(facts[i + 1]), taken = { 0, 0, 0, 0 }, limits = {} }
    else
      capacity[facts[i]] = tonumber(facts[i + 1])
    end
  end
  for _, cap in pairs(caps) do
    for i, name in ipairs(RESOURCES) do cap.limits[i] = cap.share * (capacity[name] or 0) end
  end
  for _, held in ipairs(redis.call('HVALS', key.lane_held(pool))) do
    local lane, cpu, memory, gpus, disk = string.match(held, '^(%a+)|(%d+)|(%d+)|(%d+)|(%d+)$')
    if caps[lane] then add_up(caps[lane].taken, { cpu, memory, gpus, disk }) end
  end
  return caps
end

-- Whether the lane's runs hold its share of any resource; false without a cap.
local function is_reached(cap)
  if not cap then return false end
  for i = 1, 4 do
    if cap.limits[i] > 0 and cap.taken[i] >= cap.limits[i] then return true end
  end
  return false
end
