#!lua flags=allow-oom
-- Take the shares that lanes may hold of each pool (at most 100), and what its agents have.
-- KEYS: 1 ep
-- ARGV: six values for each pool: name, shares as `lane=share;…` or '' for none, cpu_milli, memory,
--   gpus, disk; last now_ms
-- RETURNS: {0}
-- ERRORS: 1 no epoch
--@include caps
if not epoch then return { 1 } end
for i = 1, #ARGV - 1, 6 do
  local pool = key.pool(ARGV[i])
  redis.call('DEL', pool)
  if ARGV[i + 1] ~= '' then
    for lane, share in string.gmatch(ARGV[i + 1], '(%a+)=([^;]+);') do
      redis.call('HSET', pool, 'share:' .. lane, share)
    end
    for j, name in ipairs(RESOURCES) do redis.call('HSET', pool, name, ARGV[i + 1 + j]) end
  end
end
return { 0 }
