#!lua flags=allow-oom
-- Begin an epoch, unless the store has one already.
-- KEYS: 1 ep
-- ARGV: 1 epoch, 2 instance, 3 now_ms
-- RETURNS: {0, epoch in force}
-- ERRORS: none
--@include clock
local present = redis.call('HGET', key.ep(), 'epoch')
if present then return { 0, present } end
redis.call('HSET', key.ep(), 'epoch', ARGV[1], 'instance', ARGV[2], 'begun_at', string.format('%d', now))
return { 0, ARGV[1] }
