#!lua flags=allow-oom
-- Grant an agent nothing more because an operator says so, or grant it work again.
-- KEYS: 1 ep
-- ARGV: 1 agent, 2 who drains it, or '' to end that, 3 now_ms
-- RETURNS: {0}; an agent that stops by itself goes on draining
-- ERRORS: 1 no epoch; 8 unknown agent
--@include clock
--@include events
if not epoch then return { 1 } end
local agent, who = ARGV[1], ARGV[2]
local a = key.agent(agent)
local facts = redis.call('HMGET', a, 'id', 'drained_by', 'host', 'pool')
if not facts[1] then return { 8 } end
if (facts[2] or '') == who then return { 0 } end
local is_draining = who ~= ''
redis.call('HSET', a, 'drained_by', who, 'is_draining', is_draining and 1 or 0)
emit('agent', agent, text(now), { 'state', is_draining and 'draining' or 'serving', 'host', facts[3],
  'pool', facts[4], 'drained_by', who })
redis.call('PUBLISH', key.wake(), 'agent:' .. agent)
return { 0 }
