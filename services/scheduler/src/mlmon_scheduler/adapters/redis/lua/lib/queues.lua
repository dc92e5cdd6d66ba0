-- Making runs wait: for a time, a dependency, a gate or an agent.
--@include gates

-- Make a run ready: put it where its order says, or beside a gate that is full. It keeps the
-- order that it got when it first became ready, so that a retry keeps its age.
local function queue_run(run, fields)
  local facts = redis.call('HMGET', key.run(run), 'effective_priority', 'order', 'gates')
  local order = facts[2] or ''
  local changed = { 'queued_at', text(now), 'reason', '' }
  if order == '' then
    order = text(now - 60000 * tonumber(facts[1]))
    changed[5], changed[6] = 'order', order
  end
  for i = 1, #fields do changed[#changed + 1] = fields[i] end
  local gate = full_gate(facts[3])
  if gate then return park_run(run, gate, changed, order) end
  local position = set_state(run, 'queued', changed)
  put_in_order(run)
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

-- Take a waiting run out of where it waits, before its state changes.
local function stop_waiting(run, state)
  if state == 'queued' then
    take_out(run)
    pass_on(redis.call('HGET', key.run(run), 'gates'))
  elseif state == 'parked' then
    unpark_run(run)
  elseif state == 'delayed' then
    redis.call('ZREM', key.delayed(), run)
  end
end
