#!lua flags=allow-oom
-- Bring a batch back that was not finished; its open runs are still to be enqueued, then sealed.
-- KEYS: 1 ep, 2 recoverer
-- ARGV: 1 batch, 2 JSON {"fields": {…}, "counts": {state: number}, "groups": [{…}, …]}; counts
--   are of final runs, fields hold `open`; all values are text, 3 now_ms
-- RETURNS: {0, 1 when brought back, 0 when it was there}
-- ERRORS: 1 no epoch
--@include clock
--@include events
--@include leases
if not epoch then return { 1 } end
local batch = ARGV[1]
if redis.call('EXISTS', key.batch(batch)) == 1 then return { 0, 0 } end
local given = cjson.decode(ARGV[2])
local fields = flat_fields(given.fields)
redis.call('HSET', key.batch(batch), 'rv', 1, unpack(fields))
for state, number in pairs(given.counts) do
  redis.call('HSET', key.batch_counts(batch), state, number)
end
for _, group in ipairs(given.groups) do
  redis.call('HSET', key.group(group.id), 'batch', batch, 'sealed', 0, unpack(flat_fields(group)))
  redis.call('SADD', key.batch_groups(batch), group.id)
end
redis.call('ZADD', key.batches(), 0, batch)
emit('batch', batch, 1, fields)
return { 0, 1 }
