#!lua flags=allow-oom
-- Ask for a change of a batch's waiting runs, or note how far one is if none has taken its place.
-- KEYS: 1 ep
-- ARGV: 1 batch, 2 field of the batch, 3 its value as it was read or '' to ask, 4 its value now or
--   '' when all is done, 5 now_ms
-- RETURNS: {0}; a batch that is forgotten is left so, and one without changes leaves the list
-- ERRORS: 1 no epoch
--@include clock
if not epoch then return { 1 } end
local b = key.batch(ARGV[1])
if ARGV[3] == '' then
  if redis.call('EXISTS', b) == 0 then return { 0 } end
  redis.call('HSET', b, ARGV[2], ARGV[4])
  redis.call('ZADD', key.changing(), 'NX', text(now), ARGV[1])
elseif redis.call('HGET', b, ARGV[2]) == ARGV[3] then
  if ARGV[4] == '' then
    redis.call('HDEL', b, ARGV[2])
  else
    redis.call('HSET', b, ARGV[2], ARGV[4])
  end
end
local left = redis.call('HMGET', b, 'change_hold', 'change_priority')
if not left[1] and not left[2] then redis.call('ZREM', key.changing(), ARGV[1]) end
return { 0 }
