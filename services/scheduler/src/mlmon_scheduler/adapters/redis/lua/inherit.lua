#!lua flags=allow-oom
-- Raise what waiting runs wait on to their priority and lane, a step up the chain at a time.
-- KEYS: 1 ep
-- ARGV: 1 limit of runs looked at, 2 now_ms
-- RETURNS: {0, runs raised, runs whose parents are still to be looked at}
-- ERRORS: 1 no epoch
--@include inheritance
if not epoch then return { 1 } end
local left, raised = tonumber(ARGV[1]), 0

local function raise(parent, priority, lane)
  left = left - 1
  if raise_parent(parent, priority, lane) then
    raised = raised + 1
    ask_parents(parent)
  end
end

while left > 0 do
  local child = redis.call('ZRANGE', key.inherit(), 0, 0)[1]
  if not child then break end
  redis.call('ZREM', key.inherit(), child)
  left = left - 1
  local facts = redis.call('HMGET', key.run(child), 'state', 'effective_priority', 'effective_lane')
  if may_move(facts[1]) then
    local parents = redis.call('HRANDFIELD', key.needs(child), ARGV[1])
    for _, parent in ipairs(parents) do
      if string.sub(parent, 1, 2) == 'g:' then
        local members = redis.call('SRANDMEMBER', key.members(string.sub(parent, 3)), ARGV[1])
        for _, member in ipairs(members) do raise(member, tonumber(facts[2]), facts[3]) end
      else
        raise(parent, tonumber(facts[2]), facts[3])
      end
    end
  end
end
return { 0, raised, redis.call('ZCARD', key.inherit()) }
