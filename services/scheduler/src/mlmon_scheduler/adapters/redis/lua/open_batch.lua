#!lua
-- Take a batch whose items are spooled: from here on it will be loaded, whatever happens.
-- KEYS: 1 ep
-- ARGV: 1 batch, 2 JSON {"fields": {…}, "groups": [{"id", "expected", "percent", "job",
--   "final", "succeeded"}, …]}, 3 spool (id under which the items were put aside), 4 now_ms
-- RETURNS: {0}; a batch that exists is left as it is
-- ERRORS: 1 no epoch; 7 the spool has expired
--@include clock
--@include events
if not epoch then return { 1 } end
local batch = ARGV[1]
local b = key.batch(batch)
if redis.call('EXISTS', b) == 1 then return { 0 } end
if redis.call('EXISTS', key.items(ARGV[3])) == 0 then return { 7 } end
local given = cjson.decode(ARGV[2])
local fields = { 'state', 'loading', 'created_at', text(now) }
for name, value in pairs(given.fields) do
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
redis.call('HSET', b, 'open', given.fields.total, 'loaded', 0, 'rv', 1, unpack(fields))
for _, group in ipairs(given.groups) do
  redis.call('HSET', key.group(group.id), 'batch', batch, 'job', group.job, 'percent', group.percent,
    'expected', group.expected, 'final', group.final, 'succeeded', group.succeeded, 'sealed', 0)
  redis.call('SADD', key.batch_groups(batch), group.id)
end
redis.call('RENAME', key.items(ARGV[3]), key.items(batch))
redis.call('PERSIST', key.items(batch))
-- Those of one millisecond are loaded in the order in which they were opened, too.
local last = redis.call('ZRANGE', key.loading(), -1, -1, 'WITHSCORES')[2]
redis.call('ZADD', key.loading(), text(math.max(now, (tonumber(last or '') or 0) + 1)), batch)
redis.call('ZADD', key.batches(), 0, batch)
emit('batch', batch, 1, fields)
return { 0 }
