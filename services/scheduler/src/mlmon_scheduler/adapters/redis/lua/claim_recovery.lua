#!lua flags=allow-oom
-- Become the one who recovers the shard, or stay it; another that is alive keeps it.
-- KEYS: 1 ep
-- ARGV: 1 who, 2 ms for which that is believed, 3 now_ms
-- RETURNS: {0, 1 when it is ours, else 0}
-- ERRORS: none
--@include clock
local owner = redis.call('HGET', key.ep(), 'recoverer') or ''
if owner ~= ARGV[1] and redis.call('EXISTS', key.recoverer(owner)) == 1 then return { 0, 0 } end
redis.call('HSET', key.ep(), 'recoverer', ARGV[1], 'claimed_at', string.format('%d', now))
redis.call('SET', key.recoverer(ARGV[1]), '1', 'PX', ARGV[2])
return { 0, 1 }
