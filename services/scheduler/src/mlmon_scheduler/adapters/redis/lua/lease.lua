#!lua
-- Grant the next runs that fit to an agent (at most 16), in order.
-- KEYS: 1 ep
-- ARGV: 1 agent, 2 session, 3 poll_seq, 4..7 free cpu_milli, memory, gpus, disk, 8 maximum,
--   9 ms to accept, 10 ms after which another pool's runs may be taken, 11 now_ms
-- RETURNS: {0, accept_by, run, attempt, fence, cpu, memory, gpus, disk, …}; the same poll_seq
--   again returns the same grants, less those that have ended since
-- ERRORS: 1 no epoch; 3 unknown session
--@include queues
if not epoch then return { 1 } end
local agent, session, poll_seq = ARGV[1], ARGV[2], tonumber(ARGV[3])
local a = key.agent(agent)
local facts = redis.call('HMGET', a, 'session', 'poll_seq', 'last_grants', 'is_draining', 'pool',
  'cpu_milli', 'memory', 'gpus', 'disk', 'used_cpu_milli', 'used_memory', 'used_gpus', 'used_disk',
  'host')
if facts[1] ~= session then return { 3 } end
local accept_by = now + tonumber(ARGV[9])
-- What history shows as queued may still run where no agent has spoken of it yet.
if recovery ~= '' then return { 0, accept_by } end

if poll_seq <= tonumber(facts[2]) then
  local again = { 0, accept_by }
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

local free = {}
for i = 1, 4 do
  free[i] = math.min(tonumber(ARGV[3 + i]), tonumber(facts[5 + i]) - tonumber(facts[9 + i]))
end
local pool = facts[5]
local spill_before = now - tonumber(ARGV[10])

-- The best head among the queues whose shape fits. A class that names another pool first is
-- looked at only when its head has waited long enough.
local function best_head()
  local best
  for _, name in ipairs({ pool, '*' }) do
    for _, class in ipairs(redis.call('SMEMBERS', key.classes(name))) do
      local is_first = class == '*' or string.match(class, '^[^,]+') == pool
      for _, band in ipairs(redis.call('SMEMBERS', key.bands(class, 'normal'))) do
        local cpu, memory, gpus, disk = string.match(band, '^c(%d+)m(%d+)g(%d+)d(%d+)$')
        local shape = { tonumber(cpu), tonumber(memory), tonumber(gpus), tonumber(disk) }
        if shape[1] <= free[1] and shape[2] <= free[2] and shape[3] <= free[3]
            and shape[4] <= free[4] then
          local queue = key.queue(class, 'normal', band)
          local head = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
          if #head == 2 then
            local may_take = is_first
            if not may_take then
              local queued_at = redis.call('HGET', key.run(head[1]), 'queued_at')
              may_take = tonumber(queued_at) <= spill_before
            end
            local score = tonumber(head[2])
            if may_take and (not best or score < best.score
                or (score == best.score and head[1] < best.run)) then
              best = { run = head[1], score = score, shape = shape }
            end
          end
        end
      end
    end
  end
  return best
end

local granted = { 0, accept_by }
local remembered = ''
local wanted = tonumber(ARGV[8])
if facts[4] == '1' then wanted = 0 end
-- An agent that was given up gets nothing before it beats again: nobody would notice its end.
if not redis.call('ZSCORE', key.agents_by_deadline(), agent) then wanted = 0 end
while wanted > 0 do
  local best = best_head()
  if not best then break end
  local run = best.run
  local number = tonumber(redis.call('HGET', key.run(run), 'attempt') or '0') + 1
  local fence = epoch .. '.' .. redis.call('INCR', key.fence())
  unqueue_run(run)
  for i = 1, 4 do free[i] = free[i] - best.shape[i] end
  local shape = {}
  for i = 1, 4 do shape[i] = text(best.shape[i]) end
  redis.call('HSET', key.held(agent), run,
    text(number) .. '|' .. fence .. '|' .. table.concat(shape, '|'))
  redis.call('HINCRBY', a, 'used_cpu_milli', shape[1])
  redis.call('HINCRBY', a, 'used_memory', shape[2])
  redis.call('HINCRBY', a, 'used_gpus', shape[3])
  redis.call('HINCRBY', a, 'used_disk', shape[4])
  redis.call('ZADD', key.grants_by_deadline(), text(accept_by), run)
  set_state(run, 'leased', { 'attempt', text(number), 'fence', fence, 'agent', agent, 'pool', pool })
  local attempt = { 'id', run .. '.' .. text(number), 'number', text(number), 'state', 'granted',
    'agent', agent, 'host', facts[14], 'pool', pool, 'fence', fence, 'granted_at', text(now) }
  redis.call('HSET', key.attempt(run, text(number)), unpack(attempt))
  local rv = redis.call('HGET', key.run(run), 'rv')
  emit('attempt', run .. '.' .. text(number), rv, { 'run', run, unpack(attempt, 3) })
  for _, value in ipairs({ run, text(number), fence, shape[1], shape[2], shape[3], shape[4] }) do
    granted[#granted + 1] = value
  end
  remembered = remembered .. run .. '|' .. text(number) .. '|' .. fence .. '|'
  wanted = wanted - 1
end
if #granted > 2 then
  redis.call('HSET', a, 'poll_seq', text(poll_seq), 'last_grants', remembered)
end
return granted
