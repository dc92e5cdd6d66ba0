#!lua flags=allow-oom
-- Close the breaker of a version of a job and forget how its attempts ended.
-- KEYS: 1 ep
-- ARGV: 1 job, 2 version, 3 who says so, 4 now_ms
-- RETURNS: {0}
-- ERRORS: 1 no epoch; 9 it is not open
--@include clock
--@include events
if not epoch then return { 1 } end
local id = ARGV[1] .. ':' .. ARGV[2]
if redis.call('SREM', key.breakers(), id) == 0 then return { 9 } end
redis.call('DEL', key.breaker(ARGV[1], ARGV[2]))
emit('breaker', id, text(now), { 'state', 'closed', 'closed_by', ARGV[3] })
return { 0 }
