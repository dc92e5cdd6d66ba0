#!lua
-- Grant the next runs that fit to an agent (at most 16), in order.
-- KEYS: 1 ep
-- ARGV: 1 agent, 2 session, 3 poll_seq, 4..7 free cpu_milli, memory, gpus, disk, 8 maximum,
--   9 ms to accept, 10 ms after which another pool's runs may be taken, 11 marks of the images on
--   its host, with commas, 12 now_ms
-- RETURNS: {0, accept_by, what is left (as Left has it), run, attempt, fence, cpu, memory, gpus, disk, …}; the same poll_seq
--   again returns the same grants, less those that have ended since
-- ERRORS: 1 no epoch; 3 unknown session
--@include choice
if not epoch then return { 1 } end
local agent, session, poll_seq = ARGV[1], ARGV[2], tonumber(ARGV[3])
local a = key.agent(agent)
local facts = redis.call('HMGET', a, 'session', 'poll_seq', 'last_grants', 'is_draining', 'pool',
  'cpu_milli', 'memory', 'gpus', 'disk', 'used_cpu_milli', 'used_memory', 'used_gpus', 'used_disk',
  'host', 'offered', 'reserved_for', 'reserved_until', 'quarantine_reason')
if facts[1] ~= session then return { 3 } end
local accept_by = now + tonumber(ARGV[9])
-- What history shows as queued may still run where no agent has spoken of it yet.
if recovery ~= '' then return { 0, accept_by, 'unknown' } end

if poll_seq <= tonumber(facts[2]) then
  local again = { 0, accept_by, 'replayed' }
  if poll_seq == tonumber(facts[2]) then
    for run, attempt, fence in string.gmatch(facts[3], '([^|]+)|([^|]+)|([^|]+)|') do
      local held = redis.call('HGET', key.held(agent), run)
      local prefix = attempt .. '|' .. fence .. '|'
      if held and string.sub(held, 1, #prefix) == prefix then
        local cpu, memory, gpus, disk = string.match(held, '|(%d+)|(%d+)|(%d+)|(%d+)$')
        for _, value in ipairs({ run, attempt, fence, cpu, memory, gpus, disk }) do
          again[#again + 1] = value
        end
      end
    end
  end
  return again
end

local pool, host_name = facts[5], facts[14]
local capacity, used, free = {}, {}, {}
local is_empty = true
for i = 1, 4 do
  capacity[i], used[i] = tonumber(facts[5 + i]), tonumber(facts[9 + i])
  free[i] = math.min(tonumber(ARGV[3 + i]), capacity[i] - used[i])
  if used[i] > 0 then is_empty = false end
end
local host = new_host(free, is_empty, facts[15] or '')
local spill_before = now - tonumber(ARGV[10])

local function cost_of(share, estimate)
  return (tonumber(share or '') or 0) * (tonumber(estimate or '') or 0)
end

-- While this agent is kept for a run that it has no room for yet, others have to end in time.
local reserved_for, reserved_until = facts[16], tonumber(facts[17] or '') or 0
local function ends_in_time(run, p90)
  if not reserved_for or run == reserved_for then return true end
  return p90 and now + p90 * 1000 <= reserved_until
end

-- The run that this agent is kept for, once there is room.
local function reserved_candidate()
  local state = redis.call('HGET', key.run(reserved_for), 'state')
  if state ~= 'queued' then
    redis.call('HDEL', a, 'reserved_for', 'reserved_until')
    redis.call('HDEL', key.reservations(), reserved_for)
    reserved_for = nil
    return nil
  end
  local q = queue_facts(reserved_for)
  if not host.fits(q.shape) then return nil end
  local usage = read_usage(q.client)
  if is_at_limit(q.client, usage) then return nil end
  local left = quota_left(q.client, redis.call('HGET', key.usage(), q.client))
  if left and not is_within(host.shape(q.shape), left) then return nil end
  return { client = q.client, level = level_of(usage), order = q.order, shape = q.shape, usage = usage,
    queue = { class = q.class, lane = q.lane, is_first = true, name = q.class .. '|' .. q.lane } }
end

-- Agents that are alive and take work, as far as they are looked at; of a larger fleet it is
-- assumed that some other could take a run.
local OTHERS_LIMIT = 64
local others
local function read_others()
  others = {}
  local ids = redis.call('ZRANGEBYSCORE', key.agents_by_deadline(), '(' .. text(now), '+inf',
    'LIMIT', 0, OTHERS_LIMIT)
  for _, id in ipairs(ids) do
    local about = redis.call('HMGET', key.agent(id), 'host', 'pool', 'offered', 'is_draining',
      'quarantine_reason', 'refusal', 'cpu_milli', 'memory', 'gpus', 'disk')
    if about[1] and about[4] ~= '1' and (about[5] or '') == '' and (about[6] or '') == '' then
      local room = {}
      for i = 1, 4 do room[i] = tonumber(about[6 + i] or '') or 0 end
      others[#others + 1] = { host = about[1], pool = about[2], offered = about[3] or '', room = room }
    end
  end
  others.are_more = #ids == OTHERS_LIMIT
end

-- Whether a run is to go elsewhere: only if another agent could take it whose host has not
-- failed it.
local function is_avoiding(avoid, candidate)
  if not avoid or avoid == '' then return false end
  avoid = ',' .. avoid .. ','
  if not string.find(avoid, ',' .. host_name .. ',', 1, true) then return false end
  if not others then read_others() end
  if others.are_more then return true end
  local class = ',' .. candidate.queue.class .. ','
  for _, other in ipairs(others) do
    local is_allowed = class == ',*,' or string.find(class, ',' .. other.pool .. ',', 1, true)
    if is_allowed and not string.find(avoid, ',' .. other.host .. ',', 1, true)
        and fits(host.shape(candidate.shape), other.room, true, other.offered) then
      return true
    end
  end
  return false
end

-- Whether a run finds its image on the agent's host; the name is looked up by its mark.
local images = ',' .. ARGV[11] .. ','
local image_is_here = {}
local function has_image(name)
  if image_is_here[name] == nil then
    local mark = string.sub(redis.sha1hex(name), 1, MARK_LENGTH)
    image_is_here[name] = string.find(images, ',' .. mark .. ',', 1, true) ~= nil
  end
  return image_is_here[name]
end

-- Orders that differ by less than one point of priority, or one minute, count as equal here.
local EQUAL_MS = 60000

-- The first of a candidate's runs that this agent may take, or nil; a run that has waited long is
-- taken anywhere. A younger one lets those pass whose image is here, if its own is not: of the
-- first three of this client and shape, and of equal order, so that it is a preference only.
local function run_of(candidate)
  local queue = candidate.queue
  local members = first_of(queue.class, queue.lane, candidate.client, candidate.shape, 3)
  local chosen
  for place, member in ipairs(members) do
    local order, run = string.match(member, '|([^|]*)|([^|]*)$')
    if chosen and tonumber(order) - tonumber(chosen.order) >= EQUAL_MS then break end
    local about = redis.call('HMGET', key.run(run), 'attempt', 'queued_at', 'avoid', 'gates',
      'share', 'estimate', 'job', 'cell', 'p90', 'version', 'image')
    local is_old = tonumber(about[2]) <= spill_before
    if ends_in_time(run, tonumber(about[9] or '')) and (is_old or (queue.is_first and not is_avoiding(about[3], candidate))) then
      local is_here = ARGV[11] == '' or has_image(about[11] or '')
      if not chosen or is_here then
        local next_run
        if place == 1 then next_run = members[2] or false end
        chosen = { id = run, attempt = tonumber(about[1] or '') or 0, gates = about[4] or '',
          cost = cost_of(about[5], about[6]), job = about[7], version = about[10], order = order,
          cell = about[8], next_run = next_run }
      end
      if is_here or (is_old and chosen.id == run) then break end
    end
  end
  return chosen
end

-- So many runs are put beside full gates in one call.
local PARK_LIMIT = 64
local granted = { 0, accept_by, 'something' }
local queues, strides, shared = {}, {}, {}
local remembered = ''
-- The level of the client that was served last, by lane, and by class and lane with the time.
local served = {}

local function grant(candidate, run)
  local queue, client = candidate.queue, candidate.client
  local shape = host.shape(candidate.shape)
  local number = text(run.attempt + 1)
  local fence = epoch .. '.' .. redis.call('INCR', key.fence())
  local has_more = take_out(run.id, { class = queue.class, lane = queue.lane, shape = candidate.shape,
    order = run.order, client = client, cell = run.cell, next_run = run.next_run })
  local vector = {}
  for i = 1, 4 do
    local amount = shape.alone and capacity[i] or shape[i]
    free[i], used[i], vector[i] = free[i] - amount, used[i] + amount, text(amount)
  end
  host.is_empty = false
  redis.call('HSET', key.held(agent), run.id, number .. '|' .. fence .. '|' .. table.concat(vector, '|'))
  redis.call('HSET', key.holds(client), run.id, table.concat(vector, '|'))
  hold_gates(run.id, run.gates)
  local cap = strides.caps[queue.lane]
  if cap or queue.lane == 'critical' then count_in_lane(run.id, pool, queue.lane, vector) end
  if cap then add_up(cap.taken, vector) end
  redis.call('ZADD', key.grants_by_deadline(), text(accept_by), run.id)
  local usage = candidate.usage
  charge(usage, run.cost)
  write_usage(client, usage)
  served[queue.lane] = exact(candidate.level)
  served[queue.class .. '|' .. queue.lane] = exact(candidate.level) .. '|' .. text(now)
  if has_more then
    redis.call('ZADD', key.heads(queue.class, queue.lane), exact(level_of(usage)), client)
  end
  local _, rv = set_state(run.id, 'leased',
    { 'attempt', number, 'fence', fence, 'agent', agent, 'pool', pool })
  local attempt = { 'id', run.id .. '.' .. number, 'number', number, 'state', 'granted',
    'agent', agent, 'host', host_name, 'pool', pool, 'fence', fence, 'granted_at', text(now) }
  redis.call('HSET', key.attempt(run.id, number), 'charged', exact(run.cost), unpack(attempt))
  emit('attempt', run.id .. '.' .. number, rv, { 'run', run.id, unpack(attempt, 3) })
  for _, value in ipairs({ run.id, number, fence, unpack(vector) }) do
    granted[#granted + 1] = value
  end
  remembered = remembered .. run.id .. '|' .. number .. '|' .. fence .. '|'
end

local wanted = tonumber(ARGV[8])
if facts[4] == '1' then wanted = 0 end
if (facts[18] or '') ~= '' then wanted = 0 end
-- An agent that was given up gets nothing before it beats again: nobody would notice its end.
if wanted > 0 and not redis.call('ZSCORE', key.agents_by_deadline(), agent) then wanted = 0 end
if wanted == 0 then granted[3] = 'unknown' end
if wanted > 0 then
  queues = list_queues(pool)
  strides.caps = read_caps(pool)
  local shared_lanes = 0
  for _, queue in ipairs(queues) do
    if LANE_WEIGHTS[queue.lane] and not shared[queue.lane] then
      shared[queue.lane], shared_lanes = true, shared_lanes + 1
    end
  end
  if shared_lanes > 1 then
    local kept = redis.call('HGETALL', key.lanes(pool))
    for i = 1, #kept, 2 do strides[kept[i]] = tonumber(kept[i + 1]) end
  end
  strides.is_shared = shared_lanes > 1
end
if reserved_for and wanted > 0 then
  local candidate = reserved_candidate()
  if candidate then
    local about = redis.call('HMGET', key.run(reserved_for), 'attempt', 'gates', 'share', 'estimate',
      'job', 'cell')
    if not full_gate(about[2]) then
      grant(candidate, { id = reserved_for, attempt = tonumber(about[1] or '') or 0,
        gates = about[2] or '', cost = cost_of(about[3], about[4]), job = about[5],
        order = candidate.order, cell = about[6] })
      redis.call('HDEL', a, 'reserved_for', 'reserved_until')
      redis.call('HDEL', key.reservations(), reserved_for)
      reserved_for = nil
      host.known = {}
      wanted = wanted - 1
    end
  end
end
local has_open_breakers = wanted > 0 and redis.call('EXISTS', key.breakers()) == 1
local function open_breaker(run)
  if not has_open_breakers then return nil end
  local gate = BREAKER .. run.job .. ':' .. run.version
  return room_at(gate, '') == 0 and gate or nil
end

local parked = 0
while wanted > 0 do
  local candidate = next_candidate(queues, strides, host)
  if not candidate then
    if not host.has_passed_over then granted[3] = 'nothing' end
    break
  end
  local run = run_of(candidate)
  local gate = run and (open_breaker(run) or full_gate(run.gates))
  if not run then
    skip_shape(candidate, host)
  elseif gate then
    if parked == PARK_LIMIT then
      granted[3] = 'unread'
      break
    end
    parked = parked + 1
    take_out(run.id)
    park_run(run.id, gate, {})
    pass_on(run.gates)
    candidate.queue.candidate = nil
  else
    grant(candidate, run)
    if strides.is_shared then advance_lane(strides, candidate.queue.lane, run.cost) end
    forget_candidates(queues, candidate, host)
    wanted = wanted - 1
  end
end
if #granted > 3 then
  for name, level in pairs(served) do redis.call('HSET', key.served(), name, level) end
  redis.call('HSET', a, 'poll_seq', text(poll_seq), 'last_grants', remembered,
    'used_cpu_milli', text(used[1]), 'used_memory', text(used[2]), 'used_gpus', text(used[3]),
    'used_disk', text(used[4]))
end
if strides.is_changed then
  for lane in pairs(shared) do
    if strides[lane] then redis.call('HSET', key.lanes(pool), lane, exact(strides[lane])) end
  end
  redis.call('HSET', key.lanes(pool), 'turn', exact(strides.turn))
end
return granted
