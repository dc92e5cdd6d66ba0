-- Gates: how much may run at once of a job, of a job for one client, or of a named resource.
--@include order
-- A run's `gates` field lists `gate=amount/limit;…`; a gate without a limit has its capacity in
-- `gate:<gate>`. Holders are leased runs; what finds a gate full is parked beside it, once.

local ADMIT_LIMIT = 64

local function each_gate(gates)
  return string.gmatch(gates or '', '([^=;]+)=(%d+)/(%d*);')
end

-- An open breaker is a gate that lets nothing in, of a version of a job.
local BREAKER = 'breaker:'
local MOST = 2 ^ 53

local function room_at(gate, limit)
  if string.sub(gate, 1, #BREAKER) == BREAKER then
    local is_open = redis.call('SISMEMBER', key.breakers(), string.sub(gate, #BREAKER + 1)) == 1
    return is_open and 0 or MOST
  end
  if limit ~= '' then return tonumber(limit) - redis.call('HLEN', key.holders(gate)) end
  local facts = redis.call('HMGET', key.gate(gate), 'capacity', 'used')
  return (tonumber(facts[1] or '') or 0) - (tonumber(facts[2] or '') or 0)
end

-- The first of the run's gates that has no room for it, or nil.
local function full_gate(gates)
  for gate, amount, limit in each_gate(gates) do
    if room_at(gate, limit) < tonumber(amount) then return gate end
  end
end

-- Put a run beside a full gate. With `fields` (flat) it changes its state to parked; without, it
-- was parked already. `order` is given where the run has none yet.
local function park_run(run, gate, fields, order)
  local facts = redis.call('HMGET', key.run(run), 'client', 'order')
  local client = facts[1]
  redis.call('ZADD', key.parked(gate), 0,
    client .. '|' .. order_text(order or facts[2]) .. '|' .. run)
  redis.call('ZADD', key.parked_heads(gate), 'NX', exact(level_of(read_usage(client))), client)
  redis.call('SADD', key.full_gates(), gate)
  if fields then return set_state(run, 'parked', { 'parked_at', gate, unpack(fields) }) end
  redis.call('HSET', key.run(run), 'parked_at', gate)
end

local function unpark_run(run)
  local facts = redis.call('HMGET', key.run(run), 'client', 'order', 'parked_at')
  local client, gate = facts[1], facts[3]
  local parked = key.parked(gate)
  redis.call('ZREM', parked, client .. '|' .. order_text(facts[2]) .. '|' .. run)
  local rest = redis.call('ZRANGE', parked, '[' .. client .. '|', '(' .. client .. '}', 'BYLEX',
    'LIMIT', 0, 1)
  if #rest == 0 then redis.call('ZREM', key.parked_heads(gate), client) end
  if redis.call('EXISTS', parked) == 0 then redis.call('SREM', key.full_gates(), gate) end
end

-- The parked run whose turn it is: of the client that has used least, the first in order.
local function first_parked(gate)
  while true do
    local head = redis.call('ZRANGE', key.parked_heads(gate), 0, 0, 'WITHSCORES')
    local client = head[1]
    if not client then return nil end
    local level = level_of(read_usage(client))
    if level > tonumber(head[2]) then
      redis.call('ZADD', key.parked_heads(gate), exact(level), client)
    else
      local found = redis.call('ZRANGE', key.parked(gate), '[' .. client .. '|',
        '(' .. client .. '}', 'BYLEX', 'LIMIT', 0, 1)[1]
      return string.match(found, '([^|]*)$')
    end
  end
end

-- Let in what a gate has room for and return how many runs that were; who is stopped by another
-- gate passes the place on.
local function admit(gate)
  local let_in, count = 0, 0
  for _ = 1, ADMIT_LIMIT do
    local run = first_parked(gate)
    if not run then break end
    local gates = redis.call('HGET', key.run(run), 'gates')
    local amount, limit = 1, ''
    for name, wanted, most in each_gate(gates) do
      if name == gate then amount, limit = tonumber(wanted), most end
    end
    if room_at(gate, limit) - let_in < amount then break end
    unpark_run(run)
    local other = full_gate(gates)
    if other then
      park_run(run, other)
    else
      let_in = let_in + amount
      set_state(run, 'queued', { 'parked_at', '' })
      put_in_order(run)
      count = count + 1
    end
  end
  return count
end

local function hold_gates(run, gates)
  for gate, amount, limit in each_gate(gates) do
    redis.call('HSET', key.holders(gate), run, amount)
    if limit == '' then redis.call('HINCRBY', key.gate(gate), 'used', amount) end
  end
end

-- Give the places at gates back and let others in.
local function leave_gates(run, gates)
  local left = {}
  for gate, amount, limit in each_gate(gates) do
    if redis.call('HDEL', key.holders(gate), run) == 1 and limit == '' then
      redis.call('HINCRBY', key.gate(gate), 'used', '-' .. amount)
    end
    left[#left + 1] = gate
  end
  for _, gate in ipairs(left) do admit(gate) end
end

-- What a run that leaves the queue without a lease would have taken goes to others.
local function pass_on(gates)
  for gate in each_gate(gates) do admit(gate) end
end
