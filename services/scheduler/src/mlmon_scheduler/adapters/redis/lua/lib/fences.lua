-- Fences `<epoch>.<counter>`: ever growing as numbers, also across epochs.

local function fence_parts(fence)
  local fence_epoch, counter = string.match(fence, '^(%d+)%.(%d+)$')
  return tonumber(fence_epoch or '0'), tonumber(counter or '0')
end

local function is_newer_fence(fence, other)
  local fence_epoch, counter = fence_parts(fence)
  local other_epoch, other_counter = fence_parts(other)
  if fence_epoch ~= other_epoch then return fence_epoch > other_epoch end
  return counter > other_counter
end
