-- The stream that report-writer drains. Every state change appends here, in the same script.

local epoch = redis.call('HGET', key.ep(), 'epoch')

local function emit(kind, id, rv, pairs_list)
  return redis.call('XADD', key.events(epoch), '*', 'kind', kind, 'id', id, 'rv', rv,
    'at', string.format('%d', now), unpack(pairs_list))
end

local function text(number)
  return string.format('%d', number)
end
