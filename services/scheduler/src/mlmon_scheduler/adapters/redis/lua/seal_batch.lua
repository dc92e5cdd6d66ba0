#!lua flags=allow-oom
-- End the loading of a batch: every run of it exists, so its groups may fire.
-- KEYS: 1 ep
-- ARGV: 1 batch, 2 now_ms
-- RETURNS: {0}; a batch that is not loading is left as it is
-- ERRORS: 1 no epoch
--@include edges
if not epoch then return { 1 } end
local batch = ARGV[1]
local b = key.batch(batch)
redis.call('ZREM', key.loading(), batch)
redis.call('DEL', key.items(batch))
if redis.call('HGET', b, 'state') ~= 'loading' then return { 0 } end
local rv = redis.call('HINCRBY', b, 'rv', 1)
redis.call('HSET', b, 'state', 'running')
emit('batch', batch, rv, { 'state', 'running' })
for _, group in ipairs(redis.call('SMEMBERS', key.batch_groups(batch))) do
  redis.call('HSET', key.group(group), 'sealed', 1)
  check_group(group)
end
if tonumber(redis.call('HGET', b, 'open')) == 0 then finish_batch(batch) end
return { 0 }
