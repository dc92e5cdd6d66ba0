-- Putting runs into their queue and taking them out.
--@include run_states

-- Make a run ready: it keeps the order that it got when it first became ready, so that a
-- retry keeps its age.
local function queue_run(run, fields)
  local r = key.run(run)
  local facts = redis.call('HMGET', r, 'class', 'lane', 'band', 'priority', 'order')
  local order = facts[5]
  if not order or order == '' then
    order = text(now - 60000 * tonumber(facts[4]))
  end
  local changed = { 'queued_at', text(now), 'order', order, 'reason', '' }
  for i = 1, #fields do changed[#changed + 1] = fields[i] end
  local position = set_state(run, 'queued', changed)
  redis.call('ZADD', key.queue(facts[1], facts[2], facts[3]), order, run)
  redis.call('SADD', key.bands(facts[1], facts[2]), facts[3])
  for pool in string.gmatch(facts[1], '[^,]+') do
    redis.call('SADD', key.classes(pool), facts[1])
  end
  redis.call('PUBLISH', key.wake(), 'class:' .. facts[1])
  return position
end

local function unqueue_run(run)
  local facts = redis.call('HMGET', key.run(run), 'class', 'lane', 'band')
  local queue = key.queue(facts[1], facts[2], facts[3])
  redis.call('ZREM', queue, run)
  if redis.call('EXISTS', queue) == 0 then
    redis.call('SREM', key.bands(facts[1], facts[2]), facts[3])
  end
end
