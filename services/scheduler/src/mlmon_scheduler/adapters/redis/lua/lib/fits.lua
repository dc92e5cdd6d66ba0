-- What an agent has room for.
--@include events

local function parse_shape(shape)
  local cpu, memory, gpus, disk, alone, labels =
    string.match(shape, '^c(%d+)m(%d+)g(%d+)d(%d+)(x?)(.*)$')
  return { tonumber(cpu), tonumber(memory), tonumber(gpus), tonumber(disk), alone = alone == 'x',
    labels = labels }
end

-- `labels` is `@name:value,…`, `offered` is `,name:value,…,`; both quoted the same way.
local function has_labels(labels, offered)
  for label in string.gmatch(labels, '[^@,]+') do
    if not string.find(offered, ',' .. label .. ',', 1, true) then return false end
  end
  return true
end

-- Whether a shape (or the lower bound of a cell of the grid) fits; `free` is a list of four.
local function fits(shape, free, is_empty, offered)
  for i = 1, 4 do if shape[i] > free[i] then return false end end
  if shape.alone and not is_empty then return false end
  return shape.labels == '' or has_labels(shape.labels, offered)
end
