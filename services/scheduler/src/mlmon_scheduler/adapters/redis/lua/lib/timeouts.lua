-- Limits of running attempts: agents enforce them, the server is the backstop.
--@include clock
--@include events

-- Note what a beat says about an attempt that has limits. Time for which nobody watched the
-- command does not count: `watched_since` begins anew after a gap.
local function watch_attempt(run, t, phase, usage)
  local known = redis.call('HMGET', t, 'margin_ms', 'running_at', 'seen_at', 'log_bytes')
  if not known[1] then return end
  if phase ~= 'running' then
    if known[2] then redis.call('ZREM', key.timeouts(), run) end
    return
  end
  local changed = { 'seen_at', text(now) }
  local function change(name, value)
    changed[#changed + 1] = name
    changed[#changed + 1] = value
  end
  if not known[2] then
    change('running_at', text(now))
    redis.call('ZADD', key.timeouts(), text(now), run)
  end
  if not known[3] or now - tonumber(known[3]) > tonumber(known[1]) then
    change('watched_since', text(now))
  end
  -- An agent that does not count what it reads cannot be judged: it is heard with each beat.
  local bytes = string.match(usage, '"log_bytes":(%d+)') or text(now)
  if bytes ~= known[4] then
    change('log_bytes', bytes)
    change('heard_at', text(now))
  end
  redis.call('HSET', t, unpack(changed))
end
