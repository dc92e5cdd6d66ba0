-- The time of this call: Redis TIME, or what a test passes as the last argument.
local now
-- Counts calls, for what is to happen once in each.
local call_number = 0

local function read_clock()
  call_number = call_number + 1
  local given = ARGV[#ARGV]
  if given ~= '' then
    now = tonumber(given)
  else
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
end
