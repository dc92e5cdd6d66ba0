#!lua flags=allow-oom
-- Record what somebody asks for, before it is done.
-- KEYS: 1 ep
-- ARGV: 1 action, 2..n names of fields and their values in turn, n+1 now_ms
-- RETURNS: {0}
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end
emit('action', ARGV[1], text(now), { unpack(ARGV, 2, #ARGV - 1) })
return { 0 }
