-- Which run an agent gets next: lane, then client, then run.
--@include queues
--@include fits

local FIRST_CHUNK, CHUNK = 4, 64
-- Of runs that are passed over for this agent (too young to leave their first pool, avoiding this
-- host, too long for a reservation), in one call and queue.
local SKIP_LIMIT = 64

-- The queues of the agent's pool, those of classes that name it first, or prefer none, apart from
-- the others.
local function list_queues(pool)
  local found = {}
  for _, name in ipairs({ pool, '*' }) do
    for _, queue in ipairs(redis.call('SMEMBERS', key.queues(name))) do
      local class, lane = string.match(queue, '^(.*)|([^|]*)$')
      local is_first = class == '*' or string.match(class, '^[^,]*') == pool or string.sub(class, 1, 1) == ','
      found[#found + 1] = { class = class, lane = lane, is_first = is_first, name = queue,
        skipped = {}, skips = 0 }
    end
  end
  return found
end

-- What an agent can take now; every answer is remembered until something was granted.
local function new_host(free, is_empty, offered)
  local host = { free = free, is_empty = is_empty, offered = offered, shapes = {}, known = {} }
  function host.shape(name)
    if not host.shapes[name] then host.shapes[name] = parse_shape(name) end
    return host.shapes[name]
  end
  function host.fits(name)
    if host.known[name] == nil then
      host.known[name] = fits(host.shape(name), host.free, host.is_empty, host.offered)
    end
    return host.known[name]
  end
  return host
end

local function has_fitting_cell(queue, host)
  -- Those that this call empties stay in the list: then the clients are looked at in vain, once.
  queue.cells = queue.cells or redis.call('HKEYS', key.cells(queue.class, queue.lane))
  for _, cell in ipairs(queue.cells) do
    if host.fits(cell) then return true end
  end
  if #queue.cells > 0 then host.has_passed_over = true end
  return false
end

-- So much younger runs of a client go before one that its quota has no room for; then they wait,
-- as it would never start otherwise.
local OVERTAKE_MS = 300000

-- The client's best run that fits, by order and shape, and whether its quota stops the client:
-- `left` is what that leaves, nil without one.
local function best_fitting(packed, client, queue, host, left)
  local best, best_shape, stopped, has_other
  for shape, order in string.gmatch(packed, '([^=;]+)=([^;]+);') do
    if left and not is_within(host.shape(shape), left) then
      if not stopped or order < stopped then stopped = order end
    else
      has_other = true
      if (not best or order < best) and host.fits(shape)
          and not queue.skipped[client .. '|' .. shape] then
        best, best_shape = order, shape
      end
    end
  end
  if best and stopped and tonumber(stopped) + OVERTAKE_MS < tonumber(best) then
    return nil, nil, true
  end
  return best, best_shape, not has_other
end

-- Put clients that were charged elsewhere where they belong; true when any was.
local function correct_heads(queue, heads, usages)
  local changed = false
  for i, packed in ipairs(usages) do
    local level = level_of(parse_usage(packed))
    if packed and level > tonumber(heads[2 * i]) then
      redis.call('ZADD', key.heads(queue.class, queue.lane), exact(level), heads[2 * i - 1])
      changed = true
    end
  end
  return changed
end

-- The client that has used least among those of which something fits, and its first run.
local function best_of_queue(queue, host)
  if not has_fitting_cell(queue, host) then return nil end
  local heads_key = key.heads(queue.class, queue.lane)
  local start, size = 0, FIRST_CHUNK
  while true do
    local heads = redis.call('ZRANGE', heads_key, start, start + size - 1, 'WITHSCORES')
    if #heads == 0 then
      if start > 0 then host.has_passed_over = true end
      return nil
    end
    local clients = {}
    for i = 1, #heads, 2 do clients[#clients + 1] = heads[i] end
    local usages = redis.call('HMGET', key.usage(), unpack(clients))
    if not correct_heads(queue, heads, usages) then
      local bests = redis.call('HMGET', key.bests(queue.class, queue.lane), unpack(clients))
      local gone = 0
      for i, client in ipairs(clients) do
        local left = quota_left(client, usages[i])
        local order, shape, is_stopped = best_fitting(bests[i], client, queue, host, left)
        local usage = order and parse_usage(usages[i])
        if order and not is_at_limit(client, usage) then
          return { client = client, level = tonumber(heads[2 * i]), order = order, shape = shape,
            queue = queue, usage = usage }
        elseif order or is_stopped then
          -- All its runs wait for one of its own to end; none is moved.
          redis.call('ZREM', heads_key, client)
          redis.call('SADD', key.aside(client), queue.name)
          gone = gone + 1
        end
      end
      start, size = start + #clients - gone, CHUNK
    end
  end
end

local function is_better(one, other)
  if not other then return true end
  if one.level ~= other.level then return one.level < other.level end
  -- As the heads of one queue do it, so that what a client has in two queues stays in its order.
  if one.client ~= other.client then return one.client < other.client end
  return one.order < other.order
end

-- Shared lanes in the order in which it is their turn: stride scheduling (Waldspurger, 1995).
local function lanes_in_turn(strides)
  local lanes = {}
  for lane in pairs(LANE_WEIGHTS) do lanes[#lanes + 1] = lane end
  local function pass(lane) return math.max(strides[lane] or 0, strides.turn or 0) end
  table.sort(lanes, function(a, b)
    if pass(a) ~= pass(b) then return pass(a) < pass(b) end
    return LANE_WEIGHTS[a] > LANE_WEIGHTS[b]
  end)
  table.insert(lanes, 1, 'critical')
  -- Beyond its share of the pool a lane takes what the others leave.
  local within, beyond = {}, {}
  for _, lane in ipairs(lanes) do
    local kind = is_reached(strides.caps[lane]) and beyond or within
    kind[#kind + 1] = lane
  end
  for _, lane in ipairs(beyond) do within[#within + 1] = lane end
  return within
end

local function advance_lane(strides, lane, cost)
  local weight = LANE_WEIGHTS[lane]
  if not weight then return end
  strides.turn = math.max(strides[lane] or 0, strides.turn or 0)
  strides[lane] = strides.turn + cost / weight
  strides.is_changed = true
end

-- The best among queues, a candidate of each being remembered in `queue.candidate`.
local function best_of(queues, lane, is_first, host)
  local best
  for _, queue in ipairs(queues) do
    if queue.lane == lane and queue.is_first == is_first then
      if queue.candidate == nil then queue.candidate = best_of_queue(queue, host) or false end
      if queue.candidate and is_better(queue.candidate, best) then best = queue.candidate end
    end
  end
  return best
end

local function next_candidate(queues, strides, host)
  for _, is_first in ipairs({ true, false }) do
    for _, lane in ipairs(lanes_in_turn(strides)) do
      local best = best_of(queues, lane, is_first, host)
      if best then return best end
    end
  end
end

-- After a grant: the host has less room, and the client has used more.
local function forget_candidates(queues, granted, host)
  host.known = {}
  for _, queue in ipairs(queues) do
    local candidate = queue.candidate
    if candidate and (queue == granted.queue or candidate.client == granted.client
        or not host.fits(candidate.shape)) then
      queue.candidate = nil
    end
  end
end

local function skip_shape(candidate, host)
  local queue = candidate.queue
  host.has_passed_over = true
  queue.skips = queue.skips + 1
  queue.skipped[candidate.client .. '|' .. candidate.shape] = true
  if queue.skips >= SKIP_LIMIT then queue.candidate = false else queue.candidate = nil end
end
