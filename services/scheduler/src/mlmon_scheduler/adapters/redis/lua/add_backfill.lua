#!lua
-- Keep a new backfill.
-- KEYS: 1 ep
-- ARGV: 1 backfill, 2 what it is (JSON), 3 state, 4 now_ms
-- RETURNS: {0}; one that exists is left as it is
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end
local backfill = key.backfill(ARGV[1])
if redis.call('EXISTS', backfill) == 1 then return { 0 } end
redis.call('HSET', backfill, 'spec', ARGV[2], 'state', ARGV[3], 'slots_started', 0, 'skipped_count', 0)
redis.call('ZADD', key.backfills(), 0, ARGV[1])
return { 0 }
