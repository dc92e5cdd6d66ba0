#!lua flags=allow-oom
-- Let in what gates have room for now: after a raised capacity, a closed breaker, or a miss.
-- KEYS: 1 ep
-- ARGV: 1 limit of gates looked at, 2 now_ms
-- RETURNS: {0, runs let in}
-- ERRORS: 1 no epoch
--@include gates
if not epoch then return { 1 } end
local let_in = 0
for _, gate in ipairs(redis.call('SRANDMEMBER', key.full_gates(), ARGV[1])) do
  let_in = let_in + admit(gate)
end
return { 0, let_in }
