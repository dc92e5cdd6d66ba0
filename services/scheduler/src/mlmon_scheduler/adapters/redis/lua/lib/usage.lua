-- What clients have used of the shard, decayed, as one number that only grows.
--@include run_states
--@include caps
-- L = log2(sum of cost * 2^(t / half-life)) - log2(weight): as every client's sum decays alike,
-- the order of clients changes only when one is charged. Kept in `usage` as
-- `log2 of the sum|credit|weight|limit of runs|quota`, where a quota is `cpu_milli,memory,gpus`.

local HALF_LIFE_MS = 2 * 3600 * 1000
-- So small a share of one cost that a client that was never charged goes first.
local NEVER = -60

local function log2(number)
  return math.log(number) / math.log(2)
end

local function exact(number)
  return string.format('%.17g', number)
end

local function parse_usage(packed)
  if not packed then return { sum = now / HALF_LIFE_MS + NEVER, credit = 0, weight = 1, limit = 0,
    quota = '' } end
  local sum, credit, weight, limit, quota =
    string.match(packed, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)$')
  return { sum = tonumber(sum), credit = tonumber(credit), weight = tonumber(weight),
    limit = tonumber(limit), quota = quota }
end

local function write_usage(client, usage)
  redis.call('HSET', key.usage(), client, exact(usage.sum) .. '|' .. exact(usage.credit) .. '|'
    .. exact(usage.weight) .. '|' .. text(usage.limit) .. '|' .. usage.quota)
end

local function read_usage(client)
  local packed = redis.call('HGET', key.usage(), client)
  local usage = parse_usage(packed)
  -- Kept from the first look on: what depends on the time would differ from queue to queue.
  if not packed then write_usage(client, usage) end
  return usage
end

local function level_of(usage)
  return usage.sum - log2(usage.weight)
end

-- Add a cost; credit from what was charged too much before pays first.
local function charge(usage, cost)
  local paid = math.min(usage.credit, cost)
  usage.credit = usage.credit - paid
  local due = cost - paid
  if due <= 0 then return end
  local added = log2(due) + now / HALF_LIFE_MS
  local high, low = math.max(usage.sum, added), math.min(usage.sum, added)
  usage.sum = high + log2(1 + 2 ^ (low - high))
end

-- A client that had nothing queued neither keeps an old advantage nor takes everything. It is
-- compared with who was served last from its own queue, if any was of late: in other pools
-- clients may have used so much more that it would wait behind everybody here.
local function raise_newcomer(class, lane, usage)
  local served = redis.call('HMGET', key.served(), lane, class .. '|' .. lane)
  if not served[1] then return false end
  local level, at = string.match(served[2] or '', '^([^|]*)|([^|]*)$')
  if not level or now - tonumber(at) > HALF_LIFE_MS then level = served[1] end
  local floor = tonumber(level) - 1 + log2(usage.weight)
  if usage.sum >= floor then return false end
  usage.sum = floor
  return true
end

-- Whether the client runs as much at once as it may; one that is paused has a limit below none.
local function is_at_limit(client, usage)
  if usage.limit < 0 then return true end
  return usage.limit > 0 and redis.call('HLEN', key.holds(client)) >= usage.limit
end

local UNLIMITED = 2 ^ 53

-- What the client may take beyond what it holds of cpu, memory and GPUs, or nil without a quota;
-- `packed` as it is kept in `usage`.
local function quota_left(client, packed)
  if not packed or string.sub(packed, -1) == '|' then return nil end
  local left = {}
  for amount in string.gmatch(parse_usage(packed).quota .. ',', '([^,]*),') do
    left[#left + 1] = tonumber(amount) or UNLIMITED
  end
  for _, held in ipairs(redis.call('HVALS', key.holds(client))) do
    local amounts = { string.match(held, '^(%d+)|(%d+)|(%d+)|') }
    for i = 1, 3 do left[i] = left[i] - tonumber(amounts[i]) end
  end
  return left
end

local function is_within(shape, left)
  for i = 1, 3 do if shape[i] > left[i] then return false end end
  return true
end
