#!lua
-- Create runs (at most 50), each in the state that its dependencies give it.
-- KEYS: 1 ep
-- ARGV: 1..n one JSON document a run, n+1 now_ms; all values in `fields` are text:
--   {"id", "fields": {…}, "edges": [[parent, condition], …], "groups": [group, …], "index"}
-- RETURNS: {0, runs created}; a run that exists, or has a tombstone, is left as it is
-- ERRORS: 1 no epoch; 2 unknown parent {2, run, parent}
--@include edges
--@include starts
if not epoch then return { 1 } end
local runs, here = {}, {}
for i = 1, #ARGV - 1 do
  runs[i] = cjson.decode(ARGV[i])
  here[runs[i].id] = true
end
for _, run in ipairs(runs) do
  if redis.call('EXISTS', key.run(run.id), key.done(run.id)) == 0 then
    for _, edge in ipairs(run.edges) do
      local parent = edge[1]
      local known = here[parent] or redis.call('EXISTS', key.run(parent), key.done(parent)) > 0
      if string.sub(parent, 1, 2) == 'g:' then
        known = redis.call('EXISTS', key.group(string.sub(parent, 3)), key.done(parent)) > 0
      end
      if not known then return { 2, run.id, parent } end
    end
  end
end
local created = 0
for _, run in ipairs(runs) do
  local id = run.id
  if redis.call('EXISTS', key.run(id), key.done(id)) == 0 then
    created = created + 1
    local fields = { 'created_at', text(now) }
    for name, value in pairs(run.fields) do
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
    set_start_deadline(id, run.fields, fields)
    redis.call('HSET', key.run(id), unpack(fields))
    redis.call('ZADD', key.live(), 0, id)
    local batch = run.fields.batch or ''
    if batch ~= '' then redis.call('ZADD', key.batch_runs(batch), run.index, id) end
    for _, group in ipairs(run.groups) do
      redis.call('SADD', key.dependants(id), 'g:' .. group)
      redis.call('SADD', key.members(group), id)
    end
    local impossible
    for _, edge in ipairs(run.edges) do
      local parent, condition = edge[1], edge[2]
      local outcome = redis.call('HGET', key.done(parent), 'state')
      if not outcome then
        redis.call('HSET', key.needs(id), parent, condition)
        redis.call('SADD', key.dependants(parent), id)
      elseif not is_met(condition, outcome) then
        impossible = parent
      end
    end
    if impossible then
      fields[#fields + 1] = 'reason'
      fields[#fields + 1] = skip_reason(impossible)
      set_state(id, 'skipped', fields)
    else
      await_run(id, fields)
    end
  end
end
return { 0, created }
