#!lua flags=allow-oom
-- Take an agent's sign of life and compare what it holds with what we think it holds.
-- KEYS: 1 ep
-- ARGV: 1 agent, 2 session, 3 is_draining (0 or 1), 4 deadline (ms from now), 5 is_full (1: the
--   list is all that the agent has, as after a restart), 6 faults of GPUs as JSON, or '' where
--   nothing is said of them, 7 why it takes no attempts after a '=', or '' where nothing is said of
--   that, 8 likewise why it is not the release that its pool names, then nine values for each held attempt: run, attempt, fence, phase,
--   detail, image, progress or '', usage JSON, metrics JSON or ''; last now_ms
-- RETURNS: {0, number of directives, run, kind, attempt, fence, reason, …, runs that are not held}
-- ERRORS: 1 no epoch; 3 unknown session
--@include run_states
--@include timeouts
--@include told
if not epoch and not is_restoring then return { 1 } end
local agent = ARGV[1]
local a = key.agent(agent)
if redis.call('HGET', a, 'session') ~= ARGV[2] then return { 3 } end
local signs = { 'beat_at', text(now), 'patience_ms', ARGV[4] }
if ARGV[6] ~= '' then
  signs[5], signs[6] = 'gpu_faults', ARGV[6]
end
if ARGV[7] ~= '' then
  signs[#signs + 1], signs[#signs + 2] = 'refusal', string.sub(ARGV[7], 2)
end
if ARGV[8] ~= '' then
  signs[#signs + 1], signs[#signs + 2] = 'update_fault', string.sub(ARGV[8], 2)
end
redis.call('HSET', a, unpack(signs))
if ARGV[3] == '1' then redis.call('HSET', a, 'is_draining', 1) end
redis.call('ZADD', key.agents_by_deadline(), text(now + tonumber(ARGV[4])), agent)
-- Nothing is known yet of what it holds; it synchronises once the runs are back.
if is_restoring then return { 0, 0 } end
if ARGV[5] == '1' then redis.call('HSET', a, 'synced', epoch) end
local is_synced = redis.call('HGET', a, 'synced') == epoch
local directives, count, seen = {}, 0, {}
local function direct(run, kind, attempt, fence, reason)
  count = count + 1
  for _, value in ipairs({ run, kind, attempt, fence, reason }) do
    directives[#directives + 1] = value
  end
end
for i = 9, #ARGV - 1, 9 do
  local run, attempt, fence, phase, detail, image, progress, usage, metrics = unpack(ARGV, i, i + 8)
  local held = redis.call('HGET', key.held(agent), run)
  local prefix = attempt .. '|' .. fence .. '|'
  if not held or string.sub(held, 1, #prefix) ~= prefix then
    -- Before it has synchronised in this epoch, it may hold what is still to be adopted.
    if is_synced then direct(run, 'kill', attempt, fence, 'The lease of this attempt has ended.') end
  else
    seen[run] = true
    local t = key.attempt(run, attempt)
    local known = redis.call('HMGET', t, 'state', 'told', 'progress')
    local old = known[1]
    if known[2] then
      if progress ~= '' and progress ~= known[3] then redis.call('HDEL', t, 'told_progress') end
      outdate_metrics(t, redis.call('HGET', key.run(run), 'metrics'), metrics)
    end
    if old ~= phase and old ~= 'granted' then
      redis.call('HSET', t, 'state', phase)
      -- Memory is short: how it ends is told, how it goes is not.
      if not drops_progress then
        emit('attempt', run .. '.' .. attempt, redis.call('HINCRBY', key.run(run), 'rv', 1),
          { 'run', run, 'number', attempt, 'state', phase, 'image', image })
      end
    end
    redis.call('HSET', t, 'detail', detail, 'image', image, 'progress', progress, 'usage', usage)
    if old ~= 'granted' then watch_attempt(run, t, phase, usage) end
    if metrics ~= '' then redis.call('HSET', key.run(run), 'metrics', metrics) end
  end
end
local orders = redis.call('HGETALL', key.directives(agent))
for i = 1, #orders, 2 do
  local kind, attempt, fence, reason = string.match(orders[i + 1], '^([^|]*)|([^|]*)|([^|]*)|(.*)$')
  direct(orders[i], kind, attempt, fence, reason)
end
local answer = { 0, count }
for i = 1, #directives do answer[#answer + 1] = directives[i] end
if ARGV[5] == '1' then
  for _, run in ipairs(redis.call('HKEYS', key.held(agent))) do
    if not seen[run] then answer[#answer + 1] = run end
  end
end
return answer
