#!lua flags=allow-oom
-- Change the state of a backfill.
-- KEYS: 1 ep
-- ARGV: 1 backfill, 2 state that it must be in, 3 new state, 4 now_ms
-- RETURNS: {0}
-- ERRORS: 1 no epoch; 9 it is in another state
--@include clock
--@include events
if not epoch then return { 1 } end
local backfill = key.backfill(ARGV[1])
if redis.call('HGET', backfill, 'state') ~= ARGV[2] then return { 9 } end
redis.call('HSET', backfill, 'state', ARGV[3])
return { 0 }
