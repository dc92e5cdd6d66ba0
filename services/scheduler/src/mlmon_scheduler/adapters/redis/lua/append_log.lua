#!lua flags=allow-oom
-- Append a chunk to an attempt's live tail, once (on the Redis of the log tails).
-- KEYS: 1 log, 2 log_position
-- ARGV: 1 stream, 2 seq, 3 offset, 4 bytes, 5 limit of the tail in bytes, 6 seconds to keep it,
--   7 bytes of output that the chunk stands in for, 0 when it is output itself, 8 fence or ''
-- RETURNS: {0, 1 when appended, 0 when it was there before}
-- ERRORS: none
local counter = 'seq:' .. ARGV[8] .. ':' .. ARGV[1]
-- Numbers begin anew with each lease: one of the same attempt may follow a loss of the queue.
local last = redis.call('HGET', KEYS[2], counter)
if last and tonumber(ARGV[2]) <= tonumber(last) then return { 0, 0 } end
redis.call('XADD', KEYS[1], '*', 'stream', ARGV[1], 'offset', ARGV[3], 'data', ARGV[4],
  'missing', ARGV[7], 'fence', ARGV[8])
redis.call('HSET', KEYS[2], counter, ARGV[2])
local size = redis.call('HINCRBY', KEYS[2], 'bytes', #ARGV[4])
local dropped = 0
while size > tonumber(ARGV[5]) and dropped < 100 do
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if not first then break end
  local data = ''
  for i = 1, #first[2], 2 do if first[2][i] == 'data' then data = first[2][i + 1] end end
  redis.call('XDEL', KEYS[1], first[1])
  size = redis.call('HINCRBY', KEYS[2], 'bytes', -#data)
  dropped = dropped + 1
end
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[6])
return { 0, 1 }
