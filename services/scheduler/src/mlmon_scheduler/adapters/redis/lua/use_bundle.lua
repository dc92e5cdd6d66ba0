#!lua flags=allow-oom
-- Say which version of the scripts a replica has; the newest that is alive is in force.
-- KEYS: 1 ep
-- ARGV: 1 hash of its scripts, 2 ms for which it counts as alive, 3 now_ms
-- RETURNS: {0, 1 when it is in force, 0 when a newer one is alive}
-- ERRORS: none
--@include clock
local present = redis.call('HGET', key.ep(), 'bundle') or ''
if present ~= ARGV[1] then
  local was_replaced = redis.call('HEXISTS', key.replaced_bundles(), ARGV[1]) == 1
  if was_replaced and redis.call('EXISTS', key.bundle_alive()) == 1 then return { 0, 0 } end
  if present ~= '' then
    redis.call('HSET', key.replaced_bundles(), present, string.format('%d', now))
  end
  redis.call('HDEL', key.replaced_bundles(), ARGV[1])
  redis.call('HSET', key.ep(), 'bundle', ARGV[1])
end
redis.call('SET', key.bundle_alive(), ARGV[1], 'PX', ARGV[2])
return { 0, 1 }
