#!lua flags=allow-oom
-- Begin a session of an agent; an earlier session of the same agent ends.
-- KEYS: 1 ep
-- ARGV: 1 agent, 2 session, 3 deadline (ms from now), 4 JSON {field: text}, 5 SHA-256 of the nonce of
--   its identity, or '' where it has a token, 6 now_ms
-- RETURNS: {0, boot id of the session before, or ''}
-- ERRORS: 1 no epoch; 13 bound to another nonce, and not lost yet
--@include clock
--@include events
if not epoch and not is_restoring then return { 1 } end
local a = key.agent(ARGV[1])
local facts = redis.call('HMGET', a, 'boot_id', 'drained_by', 'nonce_sha256')
local bound = facts[3] or ''
if bound ~= '' and bound ~= ARGV[5] and redis.call('ZSCORE', key.agents_by_deadline(), ARGV[1]) then
  return { 13 }
end
local before = facts[1] or ''
local is_drained = (facts[2] or '') ~= ''
local fields = {}
for name, value in pairs(cjson.decode(ARGV[4])) do
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
redis.call('HSET', a, 'id', ARGV[1], 'session', ARGV[2], 'poll_seq', -1, 'last_grants', '',
  'is_draining', is_drained and 1 or 0, 'synced', recovery == '' and epoch or '',
  'registered_at', text(now), 'beat_at', text(now), 'patience_ms', ARGV[3],
  'nonce_sha256', ARGV[5], unpack(fields))
for _, name in ipairs({ 'used_cpu_milli', 'used_memory', 'used_gpus', 'used_disk' }) do
  redis.call('HSETNX', a, name, 0)
end
redis.call('ZADD', key.agents(), 0, ARGV[1])
redis.call('ZADD', key.agents_by_deadline(), text(now + tonumber(ARGV[3])), ARGV[1])
return { 0, before }
