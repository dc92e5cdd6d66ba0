#!lua flags=allow-oom
-- Take the share that critical runs may hold of each pool (at most 100), and what its agents have.
-- KEYS: 1 ep
-- ARGV: six values for each pool: name, share or '' for all of it, cpu_milli, memory, gpus, disk;
--   last now_ms
-- RETURNS: {0}
-- ERRORS: 1 no epoch
--@include caps
if not epoch then return { 1 } end
for i = 1, #ARGV - 1, 6 do
  local pool = key.pool(ARGV[i])
  if ARGV[i + 1] == '' then
    redis.call('DEL', pool)
  else
    redis.call('HSET', pool, 'critical_share', ARGV[i + 1])
    for j, name in ipairs(RESOURCES) do redis.call('HSET', pool, name, ARGV[i + 1 + j]) end
  end
end
return { 0 }
