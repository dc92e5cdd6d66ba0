-- Dependencies: edges from runs and from fan-in groups to the runs that wait on them.
--@include queues

local REASON_LIMIT = 500

-- true: the condition is met; false: it never will be; nil is not possible for final states.
local function is_met(condition, state)
  if condition == 'finished' then return true end
  if condition == 'failed' then return state == 'failed' end
  return state == 'succeeded'
end

-- Say why a dependant is skipped: the first cause is carried through a chain of skips.
local function skip_reason(parent)
  local done = redis.call('HMGET', key.done(parent), 'state', 'reason', 'job', 'client')
  local reason = done[2] or ''
  if string.sub(parent, 1, 2) == 'g:' then
    return string.sub(reason, 1, REASON_LIMIT)
  end
  if done[1] == 'skipped' and reason ~= '' then
    return string.sub(reason, 1, REASON_LIMIT)
  end
  local sentence = 'Its dependency ' .. done[3] .. ' of ' .. done[4] .. ' ' .. done[1]
  if reason ~= '' then sentence = sentence .. ': ' .. reason end
  return string.sub(sentence, 1, REASON_LIMIT)
end

local function check_group(group)
  local g = key.group(group)
  local facts = redis.call('HMGET', g, 'sealed', 'expected', 'final', 'succeeded', 'percent', 'job')
  local expected = tonumber(facts[2])
  if facts[1] ~= '1' or tonumber(facts[3]) < expected then return end
  local id = 'g:' .. group
  if redis.call('EXISTS', key.done(id)) == 1 then return end
  local needed = math.ceil(expected * tonumber(facts[5]) / 100 - 1e-9)
  local state = tonumber(facts[4]) >= needed and 'succeeded' or 'failed'
  local reason = facts[4] .. ' of ' .. facts[2] .. ' runs of ' .. facts[6]
    .. ' succeeded; ' .. text(needed) .. ' had to'
  redis.call('HSET', key.done(id), 'state', state, 'reason', reason, 'job', facts[6], 'client', '')
  redis.call('EXPIRE', key.done(id), TOMBSTONE_SECONDS)
  redis.call('ZADD', key.fan(), text(now), id)
end

-- Tell one dependant that `parent` is final in `state`; each edge is removed exactly once.
local function resolve_edge(dependant, parent, state)
  if string.sub(dependant, 1, 2) == 'g:' then
    local group = string.sub(dependant, 3)
    if redis.call('EXISTS', key.group(group)) == 0 then return end
    redis.call('HINCRBY', key.group(group), 'final', 1)
    if state == 'succeeded' then redis.call('HINCRBY', key.group(group), 'succeeded', 1) end
    check_group(group)
    return
  end
  local condition = redis.call('HGET', key.needs(dependant), parent)
  if not condition then return end
  local waiting = redis.call('HGET', key.run(dependant), 'state')
  if waiting ~= 'blocked' and waiting ~= 'held' then return end
  redis.call('HDEL', key.needs(dependant), parent)
  if not is_met(condition, state) then
    set_state(dependant, 'skipped', { 'reason', skip_reason(parent) })
  elseif waiting == 'blocked' and redis.call('HLEN', key.needs(dependant)) == 0 then
    await_run(dependant, {})
  end
end
