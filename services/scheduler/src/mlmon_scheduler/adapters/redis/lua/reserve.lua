#!lua flags=allow-oom
-- Keep agents for runs that fit none now; reservations of runs that no longer wait end.
-- KEYS: 1 ep
-- ARGV: three values for each reservation (at most 100): run, agent, ms at which the agent is
--   expected to have room; last now_ms
-- RETURNS: {0, reservations in force}
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end

local function forget(run, agent)
  redis.call('HDEL', key.reservations(), run)
  if redis.call('HGET', key.agent(agent), 'reserved_for') == run then
    redis.call('HDEL', key.agent(agent), 'reserved_for', 'reserved_until')
  end
end

local wanted = {}
for i = 1, #ARGV - 1, 3 do wanted[ARGV[i]] = ARGV[i + 1] end
local kept = redis.call('HGETALL', key.reservations())
for i = 1, #kept, 2 do
  local run, agent = kept[i], kept[i + 1]
  if wanted[run] ~= agent or redis.call('HGET', key.run(run), 'state') ~= 'queued' then
    forget(run, agent)
  end
end
for i = 1, #ARGV - 1, 3 do
  local run, agent = ARGV[i], ARGV[i + 1]
  local is_free = (redis.call('HGET', key.agent(agent), 'reserved_for') or run) == run
  if is_free and redis.call('EXISTS', key.agent(agent)) == 1
      and redis.call('HGET', key.run(run), 'state') == 'queued' then
    redis.call('HSET', key.agent(agent), 'reserved_for', run, 'reserved_until', ARGV[i + 2])
    redis.call('HSET', key.reservations(), run, agent)
  end
end
return { 0, redis.call('HLEN', key.reservations()) }
