#!lua flags=allow-oom
-- End the quarantine of an agent and forget what failed on its host.
-- KEYS: 1 ep
-- ARGV: 1 agent, 2 who says so, 3 now_ms
-- RETURNS: {0}; an agent that is not quarantined stays as it is
-- ERRORS: 1 no epoch; 8 unknown agent
--@include quarantine
if not epoch then return { 1 } end
local agent = ARGV[1]
local a = key.agent(agent)
local facts = redis.call('HMGET', a, 'id', 'quarantine_reason', 'host', 'pool')
if not facts[1] then return { 8 } end
forget_host_failures(agent)
if (facts[2] or '') == '' then return { 0 } end
redis.call('HDEL', a, 'quarantine_reason', 'quarantined_at')
emit('agent', agent, text(now), { 'state', 'released', 'host', facts[3], 'pool', facts[4],
  'released_by', ARGV[2] })
redis.call('PUBLISH', key.wake(), 'agent:' .. agent)
return { 0 }
