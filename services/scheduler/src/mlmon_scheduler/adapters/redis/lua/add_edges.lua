#!lua
-- Add edges (at most 256) to a run that has more than one call carries; the last seal it.
-- KEYS: 1 ep
-- ARGV: 1 run, 2 edges that were added before, 3 `1` if these are the last,
--   4 JSON [[parent, condition], …], 5 now_ms
-- RETURNS: {0, edges added so far, those given included}; {0, -1} once the run waits no more
-- ERRORS: 1 no epoch
--@include inheritance
--@include edges
if not epoch then return { 1 } end
local run = ARGV[1]
local r = key.run(run)
local facts = redis.call('HMGET', r, 'state', 'edges_added', 'batch')
if facts[1] ~= 'blocked' and facts[1] ~= 'held' then
  redis.call('ZREM', key.unsealed(), run)
  return { 0, -1 }
end
-- A repeat, or another replica, gives edges that are there already.
if facts[2] ~= ARGV[2] then return { 0, tonumber(facts[2]) } end
local edges = cjson.decode(ARGV[4])
local met, unmet = 0, nil
for _, edge in ipairs(edges) do
  local parent = edge[1]
  if not is_known(parent) then
    unmet = unmet or 'Its dependency ' .. parent .. ' ended too long ago to be known.'
  else
    note_child(run, parent, facts[3] or '')
    local is_edge_met, reason = add_edge(run, parent, edge[2])
    if is_edge_met then met = met + 1 end
    unmet = unmet or reason
  end
end
local added = tonumber(ARGV[2]) + #edges
redis.call('HSET', r, 'edges_added', text(added))
if ARGV[3] == '1' then
  redis.call('HDEL', key.needs(run), UNSEALED)
  redis.call('ZREM', key.unsealed(), run)
end
settle_edges(run, met, unmet, {})
if ARGV[3] == '1' then ask_parents(run) end
return { 0, added }
