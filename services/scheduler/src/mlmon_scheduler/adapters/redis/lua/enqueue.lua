#!lua
-- Create runs (at most 50), each in the state that its dependencies give it.
-- KEYS: 1 ep
-- ARGV: 1..n one JSON document a run, n+1 now_ms; all values in `fields` are text:
--   {"id", "fields": {…}, "edges": [[parent, condition], …] (at most 256), "is_sealed" (false:
--   more edges follow by add_edges), "lookups": [[job, condition, within ms or "", missing,
--   run of its slot, …], …],
--   "has_outside" (edges lead out of its batch), "met" (dependencies met before), "unmet" (why one never will be, or ''), "groups": [group, …],
--   "index"}
-- RETURNS: {0, runs created}; a run that exists, or has a tombstone, is left as it is
-- ERRORS: 1 no epoch; 2 unknown parent {2, run, parent}
--@include inheritance
--@include lookups
--@include starts
if not epoch then return { 1 } end
local runs, here = {}, {}
for i = 1, #ARGV - 1 do
  local run = cjson.decode(ARGV[i])
  if redis.call('EXISTS', key.run(run.id), key.done(run.id)) == 0 and not here[run.id] then
    runs[#runs + 1] = run
  end
  here[run.id] = true
end
for _, run in ipairs(runs) do
  for _, edge in ipairs(run.edges) do
    local parent = edge[1]
    if not (here[parent] or is_known(parent)) then return { 2, run.id, parent } end
  end
end
for _, run in ipairs(runs) do
  local id = run.id
  local fields = { 'created_at', text(now) }
  for name, value in pairs(run.fields) do
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  local is_too_late = set_start_deadline(id, run.fields, fields)
  set_deadline(id, run.fields)
  redis.call('HSET', key.run(id), unpack(fields))
  new_run, new_fields = id, fields
  fields = {}
  redis.call('ZADD', key.live(), 0, id)
  local batch = run.fields.batch or ''
  if batch ~= '' then redis.call('ZADD', key.batch_runs(batch), run.index, id) end
  for _, group in ipairs(run.groups) do
    redis.call('SADD', key.dependants(id), 'g:' .. group)
    redis.call('SADD', key.members(group), id)
  end
  if not run.is_sealed then
    redis.call('HSET', key.needs(id), UNSEALED, '')
    redis.call('ZADD', key.unsealed(), text(now), id)
  end
  local met, unmet = run.met, run.unmet ~= '' and run.unmet or nil
  local waiting, skips, upstreams
  for _, edge in ipairs(run.edges) do
    if run.has_outside then note_child(id, edge[1], batch) end
    local is_edge_met, reason = add_edge(id, edge[1], edge[2])
    if is_edge_met then met = met + 1 end
    unmet = unmet or reason
  end
  for _, lookup in ipairs(run.lookups) do
    local found = look_up(id, batch, run.fields, lookup)
    if found.met then met = met + 1 end
    unmet = unmet or found.unmet
    waiting = waiting or found.waiting
    if found.skips and not run.fields.needed then skips = found.unmet end
    if found.upstream then upstreams = with_upstream(upstreams, lookup[1], found.upstream) end
  end
  if upstreams then
    fields[#fields + 1] = 'upstreams'
    fields[#fields + 1] = upstreams
  end
  take_awaiting(id, run.fields)
  if is_too_late then
    redis.call('DEL', key.needs(id))
    set_state(id, 'expired', with_reason(fields, 'It came after its start deadline.'))
  elseif skips then
    set_state(id, 'skipped', with_reason(fields, skips))
  elseif not unmet and not run.fields.needed then
    -- As most are: nothing to weigh, so no further look at the run.
    await_run(id, waiting and with_reason(fields, waiting) or fields)
  else
    settle_edges(id, met, unmet, fields, waiting)
  end
  if outranks_parents(run.edges, run.fields) then ask_parents(id) end
end
return { 0, #runs }
