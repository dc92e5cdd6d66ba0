-- What share of a pool critical runs may hold before others go first.
--@include clock
--@include events
-- `critical:<pool>` has the leased runs of lane critical; `pool:<pool>` the share and what the
-- pool's agents have together. Without a share critical runs always go first.

local RESOURCES = { 'cpu_milli', 'memory', 'gpus', 'disk' }

local function count_critical(run, pool, vector)
  redis.call('HSET', key.critical(pool), run, table.concat(vector, '|'))
  redis.call('HSET', key.run(run), 'critical_in', pool)
end

local function uncount_critical(run, pool)
  redis.call('HDEL', key.critical(pool), run)
  redis.call('HDEL', key.run(run), 'critical_in')
end

local function add_up(taken, vector)
  for i, amount in ipairs(vector) do taken[i] = taken[i] + tonumber(amount) end
end

-- The pool's cap with what critical runs hold now, or nil.
local function read_cap(pool)
  local facts = redis.call('HMGET', key.pool(pool), 'critical_share', unpack(RESOURCES))
  if not facts[1] then return nil end
  local cap = { limits = {}, taken = { 0, 0, 0, 0 } }
  for i = 1, 4 do cap.limits[i] = tonumber(facts[1]) * tonumber(facts[i + 1]) end
  for _, held in ipairs(redis.call('HVALS', key.critical(pool))) do
    add_up(cap.taken, { string.match(held, '^(%d+)|(%d+)|(%d+)|(%d+)$') })
  end
  return cap
end

-- Whether critical runs hold their share of any resource.
local function is_reached(cap)
  for i = 1, 4 do
    if cap.limits[i] > 0 and cap.taken[i] >= cap.limits[i] then return true end
  end
  return false
end
