-- Start deadlines, by which a run must have begun, and deadlines, by which it shall have ended.
--@include clock
--@include events

-- Say by when a new run must start, and return whether that has passed. `given` are its fields by
-- name; what is found out goes to the flat list `fields`.
local function set_start_deadline(run, given, fields)
  local start_by = given.start_by
  if not start_by and given.start_within_ms then
    local ready_at = math.max(now, tonumber(given.not_before or '') or 0)
    start_by = text(ready_at + tonumber(given.start_within_ms))
    fields[#fields + 1] = 'start_by'
    fields[#fields + 1] = start_by
  end
  if not start_by then return false end
  if tonumber(start_by) <= now then return true end
  redis.call('ZADD', key.starts_by(), start_by, run)
  return false
end

-- Have a run looked at that shall have ended by some time; `given` are its fields by name.
local function set_deadline(run, given)
  if (given.deadline or '') ~= '' then redis.call('ZADD', key.deadlines(), text(now), run) end
end
