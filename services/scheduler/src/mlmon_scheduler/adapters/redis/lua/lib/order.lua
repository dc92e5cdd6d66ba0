-- The index of queued runs: clients by usage, each client's runs by shape and order.
--@include usage
-- A queue is one class and lane. Its `queue` set is read by prefix: `client|shape|order|run`.
-- `bests` has, for each client, the best order of each shape (`shape=order;…`), so that a lease
-- chooses among shapes without reading runs.

-- With ORDER_BASE, the text of an order sorts as the number does.
local function order_text(order)
  return string.format('%016d', tonumber(order) + ORDER_BASE)
end

local function with_best(packed, shape, order)
  local parts = {}
  for name, value in string.gmatch(packed or '', '([^=;]+)=([^;]+);') do
    if name ~= shape then parts[#parts + 1] = name .. '=' .. value .. ';' end
  end
  if order then parts[#parts + 1] = shape .. '=' .. order .. ';' end
  return table.concat(parts)
end

local function best_order(packed, shape)
  for name, value in string.gmatch(packed or '', '([^=;]+)=([^;]+);') do
    if name == shape then return value end
  end
end

local function first_of(class, lane, client, shape, count)
  return redis.call('ZRANGE', key.queue(class, lane), '[' .. client .. '|' .. shape .. '|',
    '(' .. client .. '|' .. shape .. '}', 'BYLEX', 'LIMIT', 0, count)
end

local function queue_facts(run)
  local facts = redis.call('HMGET', key.run(run), 'class', 'effective_lane', 'shape', 'order',
    'client', 'cell')
  return { class = facts[1], lane = facts[2], shape = facts[3], order = order_text(facts[4]),
    client = facts[5], cell = facts[6] }
end

local function show_client(class, lane, client, usage)
  if is_at_limit(client, usage) then
    redis.call('SADD', key.aside(client), class .. '|' .. lane)
  else
    redis.call('ZADD', key.heads(class, lane), exact(level_of(usage)), client)
  end
end

-- What was told by which call: once in each is enough, however many runs it brings.
local told, told_in = {}, nil

local function tell_agents(class, shape)
  if told_in ~= call_number then told, told_in = {}, call_number end
  local news = 'queued:' .. class .. '|' .. shape
  if told[news] then return end
  told[news] = true
  redis.call('PUBLISH', key.wake(), news)
end

-- A client that was at its own limit can be chosen again.
local function show_again(client, usage)
  local aside = redis.call('SMEMBERS', key.aside(client))
  if #aside == 0 or is_at_limit(client, usage) then return end
  redis.call('DEL', key.aside(client))
  for _, queue in ipairs(aside) do
    local class, lane = string.match(queue, '^(.*)|([^|]*)$')
    redis.call('ZADD', key.heads(class, lane), exact(level_of(usage)), client)
    local packed = redis.call('HGET', key.bests(class, lane), client) or ''
    for shape in string.gmatch(packed, '([^=;]+)=') do tell_agents(class, shape) end
  end
end

-- Put a run into the index and tell the agents of its pools.
local function put_in_order(run)
  local q = queue_facts(run)
  redis.call('ZADD', key.queue(q.class, q.lane), 0,
    q.client .. '|' .. q.shape .. '|' .. q.order .. '|' .. run)
  redis.call('HINCRBY', key.cells(q.class, q.lane), q.cell, 1)
  local usage = read_usage(q.client)
  if redis.call('HINCRBY', key.queued_by_client(), q.client, 1) == 1
      and raise_newcomer(q.class, q.lane, usage) then
    write_usage(q.client, usage)
  end
  local bests = key.bests(q.class, q.lane)
  local packed = redis.call('HGET', bests, q.client)
  local best = best_order(packed, q.shape)
  if not best or q.order < best then
    redis.call('HSET', bests, q.client, with_best(packed, q.shape, q.order))
  end
  if not packed then
    show_client(q.class, q.lane, q.client, usage)
    redis.call('SADD', key.open_queues(), q.class .. '|' .. q.lane)
    for pool in string.gmatch(q.class, '[^,]+') do
      redis.call('SADD', key.queues(pool), q.class .. '|' .. q.lane)
    end
  elseif usage.quota ~= '' then
    -- It may be aside because what it had was too large; this one may fit.
    redis.call('SREM', key.aside(q.client), q.class .. '|' .. q.lane)
    show_client(q.class, q.lane, q.client, usage)
  end
  tell_agents(q.class, q.shape)
end

local function count_down(hash, name)
  if redis.call('HINCRBY', hash, name, -1) <= 0 then redis.call('HDEL', hash, name) end
end

local function forget_queue(class, lane)
  if redis.call('EXISTS', key.queue(class, lane)) == 1 then return end
  redis.call('SREM', key.open_queues(), class .. '|' .. lane)
  for pool in string.gmatch(class, '[^,]+') do
    redis.call('SREM', key.queues(pool), class .. '|' .. lane)
  end
end

-- Take a run out of the index and tell whether its client has more in this queue; `facts` as
-- queue_facts returned them, if they are known, and with `next_run` if that is: the client's next
-- of the same shape, or false for none.
local function take_out(run, facts)
  local q = facts or queue_facts(run)
  redis.call('ZREM', key.queue(q.class, q.lane),
    q.client .. '|' .. q.shape .. '|' .. q.order .. '|' .. run)
  count_down(key.cells(q.class, q.lane), q.cell)
  count_down(key.queued_by_client(), q.client)
  local bests = key.bests(q.class, q.lane)
  local packed = redis.call('HGET', bests, q.client)
  if best_order(packed, q.shape) ~= q.order then return true end
  local next_run = q.next_run
  if next_run == nil then next_run = first_of(q.class, q.lane, q.client, q.shape, 1)[1] end
  local left = with_best(packed, q.shape, next_run and string.match(next_run, '|([^|]*)|[^|]*$'))
  if left ~= '' then
    redis.call('HSET', bests, q.client, left)
    local queue = q.class .. '|' .. q.lane
    if not facts and redis.call('SREM', key.aside(q.client), queue) == 1 then
      -- What its quota had no room for may have been this run.
      show_client(q.class, q.lane, q.client, read_usage(q.client))
    end
  else
    redis.call('HDEL', bests, q.client)
    redis.call('ZREM', key.heads(q.class, q.lane), q.client)
    redis.call('SREM', key.aside(q.client), q.class .. '|' .. q.lane)
    forget_queue(q.class, q.lane)
  end
  return left ~= ''
end
