#!lua flags=allow-oom
-- Begin an epoch in place of another, or of none; its fences count from the start.
-- KEYS: 1 ep
-- ARGV: 1 epoch, 2 instance, 3 epoch that it replaces or '', 4 phase of recovery to begin with
--   or '', 5 who recovers or '', 6 ms for which that is believed, 7 now_ms
-- RETURNS: {0, epoch in force, or '' for none}
-- ERRORS: none
--@include clock
local present = redis.call('HGET', key.ep(), 'epoch') or ''
if present ~= ARGV[3] then return { 0, present } end
redis.call('HSET', key.ep(), 'epoch', ARGV[1], 'instance', ARGV[2], 'recovery', ARGV[4],
  'recoverer', ARGV[5], 'begun_at', string.format('%d', now))
redis.call('DEL', key.fence())
if ARGV[5] ~= '' then redis.call('SET', key.recoverer(ARGV[5]), '1', 'PX', ARGV[6]) end
-- Once this is in history, so is all that came before it in other streams.
if ARGV[4] ~= '' then
  redis.call('XADD', key.events(ARGV[1]), '*', 'kind', 'epoch', 'id', ARGV[1], 'rv', '0', 'at',
    string.format('%d', now))
end
return { 0, ARGV[1] }
