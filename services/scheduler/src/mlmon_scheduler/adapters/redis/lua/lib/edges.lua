-- Dependencies: edges from runs and from fan-in groups to the runs that wait on them.
--@include queues

local REASON_LIMIT = 500
-- Stands among a run's needs while edges are still being added, so that nobody starts it early.
local UNSEALED = '+'
local CHILDREN_SECONDS = 7 * 86400

-- true: the condition is met; false: it never will be; nil is not possible for final states.
local function is_met(condition, state)
  if condition == 'finished' then return true end
  if condition == 'failed' then return state == 'failed' end
  return state == 'succeeded'
end

local function begins(text_, prefix)
  return string.sub(text_, 1, #prefix) == prefix
end

-- Say why an edge is not met: the first cause is carried through a chain of skips.
local function unmet_sentence(job, client, state, reason)
  if state == 'skipped' and reason ~= '' then return string.sub(reason, 1, REASON_LIMIT) end
  local is_passive = state == 'cancelled' or state == 'skipped'
  local sentence = 'Its dependency ' .. job .. ' of ' .. client .. (is_passive and ' was ' or ' ') .. state
  if reason ~= '' then sentence = sentence .. ': ' .. reason end
  return string.sub(sentence, 1, REASON_LIMIT)
end

local function unmet_reason(parent)
  local done = redis.call('HMGET', key.done(parent), 'state', 'reason', 'job', 'client')
  local reason = done[2] or ''
  if begins(parent, 'g:') then return string.sub(reason, 1, REASON_LIMIT) end
  return unmet_sentence(done[3], done[4], done[1], reason)
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

-- Tell whether there is, or lately was, such a run or group.
local function is_known(parent)
  if begins(parent, 'g:') then
    return redis.call('EXISTS', key.group(string.sub(parent, 3)), key.done(parent)) > 0
  end
  return redis.call('EXISTS', key.run(parent), key.done(parent)) > 0
end

-- Remember that a run came after one that is not of its batch; a re-run finds it by that.
local function note_child(run, parent, batch)
  if begins(parent, 'g:') then return end
  if batch ~= '' and redis.call('ZSCORE', key.batch_runs(batch), parent) then return end
  redis.call('SADD', key.children(parent), run)
  redis.call('EXPIRE', key.children(parent), CHILDREN_SECONDS)
end

-- Give a run its edge: nil when it is open; else whether it is met, and if not, the reason.
local function add_edge(run, parent, condition)
  local outcome = redis.call('HGET', key.done(parent), 'state')
  if not outcome then
    redis.call('HSET', key.needs(run), parent, condition)
    redis.call('SADD', key.dependants(parent), run)
    return nil
  end
  if is_met(condition, outcome) then return true end
  return false, unmet_reason(parent)
end

-- Return a copy of a flat list of fields with the reason at its end.
local function with_reason(fields, reason)
  local copy = { unpack(fields) }
  copy[#copy + 1] = 'reason'
  copy[#copy + 1] = reason
  return copy
end

-- Tell why a join other than `all` cannot be met any more; nil while it can, and `true` when
-- enough edges are met. Counts what was met just now.
local function weigh_join(run, needed, met, unmet, is_sealed, open)
  local r = key.run(run)
  local enough = redis.call('HINCRBY', r, 'met', met)
  if unmet then redis.call('HSET', r, 'unmet', unmet) end
  if not is_sealed then return nil end
  if enough >= needed then return true end
  if enough + open >= needed then return nil end
  local cause = redis.call('HGET', r, 'unmet') or ''
  local sentence = 'Only ' .. text(enough + open) .. ' of its dependencies can be met, and '
    .. text(needed) .. ' have to be. ' .. cause
  return string.sub(sentence, 1, REASON_LIMIT)
end

-- Move a run on as its edges now stand: it starts to wait for an agent, is skipped or held, or
-- goes on waiting. `met` counts edges that were met just now, `unmet` is the reason of one that
-- was not, `fields` is a flat list for the run's next event, and `waiting` says what it waits
-- for if it does. The run may have been created in this call, and have no state yet.
local function settle_edges(run, met, unmet, fields, waiting)
  local r, needs = key.run(run), key.needs(run)
  local facts = redis.call('HMGET', r, 'state', 'needed', 'on_upstream_failure', 'is_forgiven',
    'reason')
  local state, needed = facts[1], tonumber(facts[2] or '')
  local open = redis.call('HLEN', needs)
  local impossible = unmet
  if needed then
    local is_sealed = redis.call('HEXISTS', needs, UNSEALED) == 0
    impossible = weigh_join(run, needed, met, unmet, is_sealed, open)
    if impossible == true then
      redis.call('UNLINK', needs)
      impossible, open = nil, 0
    end
  end
  local policy = facts[3] or 'skip'
  if impossible and policy ~= 'run' and facts[4] ~= '1' then
    if policy == 'hold' then
      -- A release is somebody's decision to go on; it must not be asked for again.
      redis.call('HSET', r, 'is_forgiven', '1')
      set_state(run, 'held', with_reason(fields, impossible))
    else
      set_state(run, 'skipped', with_reason(fields, impossible))
    end
  elseif state == 'held' then
    if #fields > 0 then set_state(run, 'held', fields) end
  elseif not state and open > 0 then
    await_run(run, waiting and with_reason(fields, waiting) or fields)
  elseif open == 0 then
    await_run(run, (facts[5] or '') ~= '' and with_reason(fields, '') or fields)
  elseif #fields > 0 then
    set_state(run, state, with_reason(fields, ''))
  end
end

-- Tell those that waited for the next run of a job and client what became of it: what they
-- wait on is fanned out like a group.
local function resolve_await(await, run, state)
  local done = redis.call('HMGET', key.done(run), 'reason', 'job', 'client')
  redis.call('HSET', key.done(await), 'state', state, 'reason', done[1] or '', 'job', done[2],
    'client', done[3], 'run', run)
  redis.call('EXPIRE', key.done(await), TOMBSTONE_SECONDS)
  redis.call('DEL', key.awaited(await))
  redis.call('ZADD', key.fan(), text(now), await)
end

-- Return the field that says which run a lookup came to, with one more.
local function with_upstream(upstreams, job, run)
  local item = job .. '=' .. run
  if not upstreams or upstreams == '' then return item end
  return upstreams .. ',' .. item
end

-- Tell one dependant that `parent` is final in `state`; each edge is removed exactly once.
local function resolve_edge(dependant, parent, state)
  if begins(dependant, 'g:') then
    local group = string.sub(dependant, 3)
    if redis.call('EXISTS', key.group(group)) == 0 then return end
    redis.call('HINCRBY', key.group(group), 'final', 1)
    if state == 'succeeded' then redis.call('HINCRBY', key.group(group), 'succeeded', 1) end
    check_group(group)
    return
  end
  if begins(dependant, 'a:') then return resolve_await(dependant, parent, state) end
  local condition = redis.call('HGET', key.needs(dependant), parent)
  if not condition then return end
  local facts = redis.call('HMGET', key.run(dependant), 'state', 'upstreams', 'batch')
  if facts[1] ~= 'blocked' and facts[1] ~= 'held' then return end
  redis.call('HDEL', key.needs(dependant), parent)
  local fields = {}
  if begins(parent, 'a:') then
    local found = redis.call('HMGET', key.done(parent), 'job', 'run')
    fields = { 'upstreams', with_upstream(facts[2], found[1], found[2]) }
    note_child(dependant, found[2], facts[3] or '')
  end
  if is_met(condition, state) then
    settle_edges(dependant, 1, nil, fields)
  else
    settle_edges(dependant, 0, unmet_reason(parent), fields)
  end
end
