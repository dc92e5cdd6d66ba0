-- Dependencies on a job: on the client's newest run of it, or on the next.
--@include edges

-- Runs and groups looked at to find a circle; a longer way round is not found.
local WALK_LIMIT = 1000

-- Make the run wait for the next run of the job and client that is enqueued. Those that wait
-- between two such runs share one id, which the next run takes whole.
local function await_next(run, job, client, condition)
  local await = redis.call('GET', key.awaiting(job, client))
  if not await then
    await = 'a:' .. job .. ':' .. run
    redis.call('SET', key.awaiting(job, client), await)
  end
  redis.call('HSET', key.needs(run), await, condition)
  redis.call('SADD', key.dependants(await), run)
end

-- Return the client's newest run of a job: run, slot, and, if it has ended, state, time of its
-- end and reason.
local function read_latest(job, client)
  local value = redis.call('GET', key.latest(job, client))
  if not value then return nil end
  local run, state, at, slot, reason =
    string.match(value, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
  if run then return run, slot, state, at, reason end
  return value, redis.call('HGET', key.run(value), 'slot') or ''
end

-- Return the first run of a lookup's slot that is known, in the same way without its slot.
local function find_slot_run(lookup)
  for i = 5, #lookup do
    local done = redis.call('HMGET', key.done(lookup[i]), 'state', 'at', 'reason')
    if done[1] and done[2] then return lookup[i], done[1], done[2], done[3] end
    if redis.call('EXISTS', key.run(lookup[i])) == 1 then return lookup[i] end
  end
end

-- Return the run that a lookup is about. The newest may be a repetition, so it goes before that
-- of the slot, unless it stands for a later slot, or a backfill looks for its own.
local function find_upstream(fields, lookup)
  local run, slot, state, at, reason = read_latest(lookup[1], fields.client)
  local is_later = fields.slot and slot and slot ~= '' and tonumber(slot) > tonumber(fields.slot)
  if #lookup > 4 and (is_later or not run or (fields.backfill or '') ~= '') then
    local found, found_state, found_at, found_reason = find_slot_run(lookup)
    if found then return found, found_state, found_at, found_reason end
  end
  return run, state, at, reason
end

-- Resolve one lookup {job, condition, within (ms, or ''), missing, run of its slot, …}. Returns a table with `met`
-- or `unmet` (a reason) unless the edge is open, `upstream` when there is a run, `waiting` (a
-- sentence) when the next is awaited, and `skips` when there is none and the run must not run.
local function look_up(run, batch, fields, lookup)
  local job, condition, within, missing = lookup[1], lookup[2], lookup[3], lookup[4]
  local client = fields.client
  local upstream, state, at, reason = find_upstream(fields, lookup)
  if upstream and not state and redis.call('EXISTS', key.run(upstream)) == 1 then
    note_child(run, upstream, batch)
    add_edge(run, upstream, condition)
    return { upstream = upstream }
  end
  if state and (within == '' or now - tonumber(at) <= tonumber(within)) then
    note_child(run, upstream, batch)
    if is_met(condition, state) then return { upstream = upstream, met = true } end
    return { upstream = upstream, unmet = unmet_sentence(job, client, state, reason) }
  end
  if missing == 'run' then return { met = true } end
  if missing == 'skip' then
    local age = within == '' and '.' or ' that is recent enough.'
    return { skips = true, unmet = 'There is no run of ' .. job .. ' for ' .. client .. age }
  end
  await_next(run, job, client, condition)
  return { waiting = 'Waits for the next run of ' .. job .. ' for ' .. client .. '.' }
end

-- Return what a run, a group or an awaited run waits on itself.
local function parents_of(node)
  if begins(node, 'g:') then
    local members = key.members(string.sub(node, 3))
    if redis.call('SCARD', members) > WALK_LIMIT then return {} end
    return redis.call('SMEMBERS', members)
  end
  if begins(node, 'a:') then return { redis.call('GET', key.awaited(node)) or nil } end
  if redis.call('HLEN', key.needs(node)) > WALK_LIMIT then return {} end
  return redis.call('HKEYS', key.needs(node))
end

-- Tell whether the run waits, over others, on `target`.
local function waits_on(run, target)
  local waiting, seen, count = { run }, { [run] = true }, 0
  while #waiting > 0 do
    for _, parent in ipairs(parents_of(table.remove(waiting))) do
      if parent == target then return true end
      if not seen[parent] then
        seen[parent] = true
        count = count + 1
        if count > WALK_LIMIT then return false end
        waiting[#waiting + 1] = parent
      end
    end
  end
  return false
end

-- Let those that waited for the next run of its job and client wait for this one, unless it
-- waits for one of them: they would wait on each other for ever. A backfill's run stands for
-- the past: it is nobody's newest where there is another.
local function take_awaiting(run, fields)
  local job, client = fields.job, fields.client
  local is_set = redis.call('SET', key.latest(job, client), run,
    unpack((fields.backfill or '') ~= '' and { 'NX' } or {}))
  if not is_set then return end
  local await = redis.call('GET', key.awaiting(job, client))
  if not await or waits_on(run, await) then return end
  redis.call('DEL', key.awaiting(job, client))
  redis.call('SET', key.awaited(await), run)
  redis.call('SADD', key.dependants(run), await)
end
