#!lua flags=allow-oom
-- Let an agent offer other labels, because those of its pool have changed.
-- KEYS: 1 ep
-- ARGV: 1 agent, 2 JSON {name: value} of the pool, 3 all that it offers, 4 now_ms
-- RETURNS: {0}, also for an agent that is gone
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end
local a = key.agent(ARGV[1])
if redis.call('HGET', a, 'offered') and redis.call('HGET', a, 'offered') ~= ARGV[3] then
  redis.call('HSET', a, 'pool_labels', ARGV[2], 'offered', ARGV[3])
  redis.call('PUBLISH', key.wake(), 'agent:' .. ARGV[1])
end
return { 0 }
