#!lua flags=allow-oom
-- Bring a run back that an agent held: in the state, and with the lease, that it had.
-- KEYS: 1 ep, 2 recoverer
-- ARGV: 1 JSON {"id", "fields": {…}, "groups": [group, …], "index", "state", "rv",
--   "attempt": {…}, "shape": [cpu_milli, memory, gpus, disk]}, 2 ms until its agent is lost unless it is heard,
--   3 ms until a grant returns that is not accepted, 4 now_ms
-- RETURNS: {0, 1 when brought back, 0 when the run was there}
-- ERRORS: 1 no epoch
--@include run_states
--@include leases
--@include starts
if not epoch then return { 1 } end
local given = cjson.decode(ARGV[1])
local run, fields = given.id, given.fields
if redis.call('EXISTS', key.run(run), key.done(run)) > 0 then return { 0, 0 } end
local list = flat_fields(fields)
redis.call('HSET', key.run(run), 'rv', given.rv, unpack(list))
redis.call('ZADD', key.live(), 0, run)
if (fields.batch or '') ~= '' then
  redis.call('ZADD', key.batch_runs(fields.batch), given.index, run)
end
for _, group in ipairs(given.groups) do
  redis.call('SADD', key.dependants(run), 'g:' .. group)
  redis.call('SADD', key.members(group), run)
end
redis.call('HSET', key.attempt(run, fields.attempt), unpack(flat_fields(given.attempt)))
hold_lease(fields.agent, run, fields.attempt, fields.fence, given.shape)
if not redis.call('ZSCORE', key.agents_by_deadline(), fields.agent) then
  redis.call('HSETNX', key.agent(fields.agent), 'patience_ms', ARGV[2])
  redis.call('ZADD', key.agents_by_deadline(), text(now + tonumber(ARGV[2])), fields.agent)
end
if given.state == 'leased' then
  redis.call('ZADD', key.grants_by_deadline(), text(now + tonumber(ARGV[3])), run)
elseif given.state == 'cancelling' then
  redis.call('HSET', key.directives(fields.agent), run,
    'cancel|' .. fields.attempt .. '|' .. fields.fence .. '|' .. (fields.reason or ''))
end
set_deadline(run, fields)
set_state(run, given.state, list)
return { 0, 1 }
