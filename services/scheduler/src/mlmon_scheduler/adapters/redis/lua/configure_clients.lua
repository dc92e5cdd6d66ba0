#!lua flags=allow-oom
-- Take clients' weights and limits (at most 100 clients); what they have used stays.
-- KEYS: 1 ep
-- ARGV: four values for each client: name, weight, limit of runs at once (0: none, -1: paused),
--   quota of cpu_milli, memory and gpus as `usage` has it; last now_ms
-- RETURNS: {0, clients that changed}
-- ERRORS: 1 no epoch
--@include order
if not epoch then return { 1 } end
local queues = redis.call('SMEMBERS', key.open_queues())
local changed = { 0, 0 }
for i = 1, #ARGV - 1, 4 do
  local client, weight, limit = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local quota = ARGV[i + 3]
  local usage = read_usage(client)
  if usage.weight ~= weight or usage.limit ~= limit or usage.quota ~= quota then
    changed[2] = changed[2] + 1
    usage.weight, usage.limit, usage.quota = weight, limit, quota
    write_usage(client, usage)
    for _, queue in ipairs(queues) do
      local class, lane = string.match(queue, '^(.*)|([^|]*)$')
      redis.call('ZADD', key.heads(class, lane), 'XX', exact(level_of(usage)), client)
    end
    show_again(client, usage)
  end
end
return changed
