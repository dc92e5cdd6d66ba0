-- Changing a run's state: the hash, the batch's counts, the indexes and the event, together.
--@include clock
--@include events

local FINAL = { succeeded = true, failed = true, cancelled = true, skipped = true, expired = true }
local TOMBSTONE_SECONDS = 48 * 3600

local function finish_batch(batch)
  local b = key.batch(batch)
  local counts = redis.call('HGETALL', key.batch_counts(batch))
  local by_state = {}
  for i = 1, #counts, 2 do by_state[counts[i]] = tonumber(counts[i + 1]) end
  local outcome = 'failed'
  if (by_state.succeeded or 0) == tonumber(redis.call('HGET', b, 'total')) then
    outcome = 'succeeded'
  elseif (by_state.cancelled or 0) > 0 and (by_state.failed or 0) == 0 then
    outcome = 'cancelled'
  end
  local rv = redis.call('HINCRBY', b, 'rv', 1)
  redis.call('HSET', b, 'state', 'finished', 'outcome', outcome, 'finished_at', text(now))
  emit('batch', batch, rv, { 'state', 'finished', 'outcome', outcome, 'finished_at', text(now) })
  redis.call('ZADD', key.final_batches(), text(now), batch)
end

local function count_in_batch(batch, old, new)
  if old ~= '' then redis.call('HINCRBY', key.batch_counts(batch), old, -1) end
  redis.call('HINCRBY', key.batch_counts(batch), new, 1)
  if FINAL[new] then
    local open = redis.call('HINCRBY', key.batch(batch), 'open', -1)
    if open == 0 and redis.call('HGET', key.batch(batch), 'state') == 'running' then
      finish_batch(batch)
    end
  end
end

-- The newest value of a field in a flat list {name, value, …}, or nil.
local function field_in(list, name)
  for i = #list - 1, 1, -2 do
    if list[i] == name then return list[i + 1] end
  end
end

-- The run that was just created, and what its first event tells beside its change: fields that
-- are written already, as a flat list.
local new_run, new_fields

-- Write the fields, move the run to the state and append the event.
-- `fields` is a flat list {name, value, …}; returns the event's position in the stream, and the
-- run's new version.
local function set_state(run, state, fields)
  local r = key.run(run)
  local before = redis.call('HMGET', r, 'state', 'batch', 'fence', 'job', 'client', 'reason', 'rv',
    'slot')
  local old = before[1] or ''
  local batch = before[2] or ''
  local changed = { 'state', state }
  for i = 1, #fields do changed[#changed + 1] = fields[i] end
  if FINAL[state] then
    changed[#changed + 1] = 'finished_at'
    changed[#changed + 1] = text(now)
  end
  local rv = text((tonumber(before[7] or '') or 0) + 1)
  local told = changed
  if run == new_run then
    told, new_run = new_fields, nil
    for i = 1, #changed do told[#told + 1] = changed[i] end
  end
  local position = emit('run', run, rv, told)
  redis.call('HSET', r, 'rv', rv, 'position', position, unpack(changed))
  if FINAL[state] then
    local reason = field_in(fields, 'reason') or before[6] or ''
    redis.call('HSET', key.done(run), 'state', state, 'at', text(now), 'fence', before[3] or '',
      'reason', reason, 'job', before[4], 'client', before[5], 'position', position)
    redis.call('EXPIRE', key.done(run), TOMBSTONE_SECONDS)
    local latest = key.latest(before[4], before[5])
    if redis.call('GET', latest) == run then
      redis.call('SET', latest, table.concat({ run, state, text(now), before[8] or '', reason }, '|'))
    end
    redis.call('ZREM', key.live(), run)
    redis.call('DEL', key.needs(run))
    if redis.call('EXISTS', key.dependants(run)) == 1 then
      redis.call('ZADD', key.fan(), text(now), run)
    end
    if batch == '' then redis.call('ZADD', key.finals(), text(now), run) end
  end
  if batch ~= '' and old ~= state then count_in_batch(batch, old, state) end
  return position, rv
end
