#!lua flags=allow-oom
-- Delete runs that are final and in history; a batch goes as a whole, its runs in pieces.
-- KEYS: 1 ep
-- ARGV: 1 ms below which events are in history, 2 limit of runs, 3 now_ms
-- RETURNS: {0, runs deleted}
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end
local limit = tonumber(ARGV[2])
local below = '(' .. ARGV[1]
local deleted = 0
local function forget(run)
  local attempts = tonumber(redis.call('HGET', key.run(run), 'attempt') or '0') or 0
  for number = 1, attempts do redis.call('DEL', key.attempt(run, text(number))) end
  redis.call('DEL', key.run(run), key.needs(run))
  deleted = deleted + 1
end
local runs = redis.call('ZRANGE', key.finals(), '-inf', below, 'BYSCORE', 'LIMIT', 0, limit)
for _, run in ipairs(runs) do
  if redis.call('EXISTS', key.dependants(run)) == 0 then
    forget(run)
    redis.call('ZREM', key.finals(), run)
  end
end
local batches = redis.call('ZRANGE', key.final_batches(), '-inf', below, 'BYSCORE', 'LIMIT', 0, 10)
for _, batch in ipairs(batches) do
  for _, run in ipairs(redis.call('ZRANGE', key.batch_runs(batch), 0, limit - deleted - 1)) do
    if deleted >= limit then break end
    forget(run)
    redis.call('ZREM', key.batch_runs(batch), run)
  end
  if redis.call('EXISTS', key.batch_runs(batch)) == 0 then
    for _, group in ipairs(redis.call('SMEMBERS', key.batch_groups(batch))) do
      redis.call('DEL', key.group(group), key.members(group))
    end
    redis.call('DEL', key.batch(batch), key.batch_counts(batch), key.batch_groups(batch))
    redis.call('ZREM', key.batches(), batch)
    redis.call('ZREM', key.final_batches(), batch)
  end
end
return { 0, deleted }
