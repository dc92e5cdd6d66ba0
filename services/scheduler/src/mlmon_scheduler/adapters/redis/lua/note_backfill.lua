#!lua flags=allow-oom
-- Note how many slots of a backfill were dealt with, and the runs that were not started.
-- KEYS: 1 ep
-- ARGV: 1 backfill, 2 slots, 3 number of those runs in the last slot, 4 how many are kept,
--   5… those of them that are shown (JSON), last now_ms
-- RETURNS: {0}; where as many slots are noted already, nothing changes
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end
local backfill = key.backfill(ARGV[1])
local known = redis.call('HGET', backfill, 'slots_started')
if not known or tonumber(known) >= tonumber(ARGV[2]) then return { 0 } end
redis.call('HSET', backfill, 'slots_started', ARGV[2])
redis.call('HINCRBY', backfill, 'skipped_count', ARGV[3])
local skipped = key.backfill_skipped(ARGV[1])
for place = 5, #ARGV - 1 do redis.call('RPUSH', skipped, ARGV[place]) end
redis.call('LTRIM', skipped, -tonumber(ARGV[4]), -1)
return { 0 }
