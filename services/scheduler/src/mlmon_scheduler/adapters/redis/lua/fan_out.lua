#!lua flags=allow-oom
-- Tell dependants of finished runs and groups, oldest first.
-- KEYS: 1 ep
-- ARGV: 1 limit of edges, 2 now_ms
-- RETURNS: {0, edges resolved, finished runs and groups still to be fanned out}
-- ERRORS: 1 no epoch
--@include edges
if not epoch then return { 1 } end
local left = tonumber(ARGV[1])
local resolved = 0
while left > 0 do
  local parent = redis.call('ZRANGE', key.fan(), 0, 0)[1]
  if not parent then break end
  local state = redis.call('HGET', key.done(parent), 'state')
  local dependants = redis.call('SPOP', key.dependants(parent), left)
  for _, dependant in ipairs(dependants) do
    resolve_edge(dependant, parent, state)
  end
  resolved = resolved + #dependants
  left = left - math.max(#dependants, 1)
  if redis.call('EXISTS', key.dependants(parent)) == 0 then
    redis.call('ZREM', key.fan(), parent)
  end
end
return { 0, resolved, redis.call('ZCARD', key.fan()) }
