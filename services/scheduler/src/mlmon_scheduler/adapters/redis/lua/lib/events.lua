-- The stream that report-writer drains. Every state change appends here, in the same script.
--@include clock

local epoch, recovery, is_restoring, drops_progress

-- Tell whether this caller may change anything now: without an epoch nobody may.
local function read_epoch()
  local ep = redis.call('HMGET', key.ep(), 'epoch', 'recovery', 'recoverer', 'bundle',
    'drops_progress')
  epoch, recovery, drops_progress = ep[1], ep[2] or '', ep[5] == '1'
  is_restoring = epoch and (recovery == 'clearing' or recovery == 'restoring')
  -- Until the runs are back, only who brings them back may change anything.
  if is_restoring and KEYS[2] ~= key.recoverer(ep[3] or '') then epoch = false end
  -- A newer version of these scripts has taken over.
  if ep[4] and ep[4] ~= BUNDLE then epoch, is_restoring = false, false end
end

local function emit(kind, id, rv, pairs_list)
  return redis.call('XADD', key.events(epoch), '*', 'kind', kind, 'id', id, 'rv', rv,
    'at', string.format('%d', now), unpack(pairs_list))
end

local function text(number)
  return string.format('%d', number)
end
