#!lua flags=allow-oom
-- Note how far a job's schedule is; an older slot of the same schedule changes nothing.
-- KEYS: 1 ep
-- ARGV: 1 job, 2 slot in milliseconds, 3 what the schedule is, 4 now_ms
-- RETURNS: {0}
-- ERRORS: 1 no epoch
--@include clock
--@include events
if not epoch then return { 1 } end
local known = redis.call('HGET', key.schedules(), ARGV[1])
if known then
  local slot, signature = string.match(known, '^(%d+)|(.*)$')
  if signature == ARGV[3] and tonumber(slot) >= tonumber(ARGV[2]) then return { 0 } end
end
redis.call('HSET', key.schedules(), ARGV[1], ARGV[2] .. '|' .. ARGV[3])
return { 0 }
