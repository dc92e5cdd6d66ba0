-- Putting runs into their queue and taking them out.
--@include run_states

-- Put a queued run where its order says, and tell the agents of its pools.
local function enqueue_in_order(run)
  local facts = redis.call('HMGET', key.run(run), 'class', 'lane', 'band', 'order')
  redis.call('ZADD', key.queue(facts[1], facts[2], facts[3]), facts[4], run)
  redis.call('SADD', key.bands(facts[1], facts[2]), facts[3])
  for pool in string.gmatch(facts[1], '[^,]+') do
    redis.call('SADD', key.classes(pool), facts[1])
  end
  redis.call('PUBLISH', key.wake(), 'class:' .. facts[1])
end

-- Make a run ready: it keeps the order that it got when it first became ready, so that a
-- retry keeps its age.
local function queue_run(run, fields)
  local r = key.run(run)
  local facts = redis.call('HMGET', r, 'priority', 'order')
  local order = facts[2]
  if not order or order == '' then
    order = text(now - 60000 * tonumber(facts[1]))
  end
  local changed = { 'queued_at', text(now), 'order', order, 'reason', '' }
  for i = 1, #fields do changed[#changed + 1] = fields[i] end
  local position = set_state(run, 'queued', changed)
  enqueue_in_order(run)
  return position
end

-- Let a run wait for what is still to come: its dependencies, its time, or an agent.
local function await_run(run, fields)
  local ready_at = tonumber(redis.call('HGET', key.run(run), 'not_before') or '') or 0
  if redis.call('EXISTS', key.needs(run)) == 1 then
    set_state(run, 'blocked', fields)
  elseif ready_at > now then
    set_state(run, 'delayed', fields)
    redis.call('ZADD', key.delayed(), text(ready_at), run)
  else
    queue_run(run, fields)
  end
end

local function unqueue_run(run)
  local facts = redis.call('HMGET', key.run(run), 'class', 'lane', 'band')
  local queue = key.queue(facts[1], facts[2], facts[3])
  redis.call('ZREM', queue, run)
  if redis.call('EXISTS', queue) == 0 then
    redis.call('SREM', key.bands(facts[1], facts[2]), facts[3])
  end
end
