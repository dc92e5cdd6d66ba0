#!lua flags=allow-oom
-- Move a recovery from one phase to the next; the last one ends it.
-- KEYS: 1 ep, 2 recoverer
-- ARGV: 1 phase that it is in, 2 next phase, or '' for the end, 3 ms that the next phase lasts
--   at least, 4 now_ms
-- RETURNS: {0, 1 when it moved, 0 when it is in another phase}
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end
if recovery ~= ARGV[1] then return { 0, 0 } end
redis.call('HSET', key.ep(), 'recovery', ARGV[2], 'phase_until', text(now + tonumber(ARGV[3])))
if ARGV[2] == '' then redis.call('PUBLISH', key.wake(), 'all') end
return { 0, 1 }
