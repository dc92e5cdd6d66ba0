#!lua flags=allow-oom
-- Take the capacities of named resources (at most 100) and let in what there is room for now.
-- KEYS: 1 ep
-- ARGV: two values for each resource: name, capacity; last now_ms
-- RETURNS: {0}
-- ERRORS: 1 no epoch
--@include gates
if not epoch then return { 1 } end
for i = 1, #ARGV - 1, 2 do
  local gate = 'resource:' .. ARGV[i]
  redis.call('HSET', key.gate(gate), 'capacity', ARGV[i + 1])
  admit(gate)
end
return { 0 }
