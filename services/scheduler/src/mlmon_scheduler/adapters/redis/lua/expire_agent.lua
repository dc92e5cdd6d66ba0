#!lua flags=allow-oom
-- Forget the deadline of an agent that is lost and holds nothing any more.
-- KEYS: 1 ep
-- ARGV: 1 agent, 2 is_leaving (1: it said so itself, and is removed), 3 now_ms
-- RETURNS: {0, 1 when forgotten, else 0}
-- ERRORS: 1 no epoch
--@include quarantine
if not epoch then return { 1 } end
local agent = ARGV[1]
if redis.call('EXISTS', key.held(agent)) == 1 then return { 0, 0 } end
local deadline = redis.call('ZSCORE', key.agents_by_deadline(), agent)
if ARGV[2] ~= '1' and deadline and tonumber(deadline) > now then return { 0, 0 } end
redis.call('ZREM', key.agents_by_deadline(), agent)
if ARGV[2] == '1' then
  redis.call('DEL', key.agent(agent), key.directives(agent))
  redis.call('ZREM', key.agents(), agent)
  forget_host_failures(agent)
end
return { 0, 1 }
