-- What a command told over HTTP, beside what it prints: the last of both counts.
-- It is in the attempt's hash: `told_progress`, `told:<metric>`, and `told` once there is any.

local TOLD_METRIC = 'told:'

-- Forget what was told of what the command has printed anew since.
-- `before` and `after` are JSON objects of the printed metrics, or '' or nil for none.
local function outdate_metrics(t, before, after)
  if (after or '') == '' then return end
  local known = (before or '') == '' and {} or cjson.decode(before)
  local outdated = {}
  for name, value in pairs(cjson.decode(after)) do
    if known[name] ~= value then outdated[#outdated + 1] = TOLD_METRIC .. name end
  end
  -- Bounded: an attempt prints at most 200 metrics, and a file of metrics has at most 1 MiB.
  for i = 1, #outdated, 1000 do
    redis.call('HDEL', t, unpack(outdated, i, math.min(i + 999, #outdated)))
  end
end

-- Return a flat list of what was told and still counts, for an event.
local function list_told(t)
  local fields, found = redis.call('HGETALL', t), {}
  for i = 1, #fields, 2 do
    if fields[i] == 'told_progress' or string.sub(fields[i], 1, #TOLD_METRIC) == TOLD_METRIC then
      found[#found + 1] = fields[i]
      found[#found + 1] = fields[i + 1]
    end
  end
  return found
end
