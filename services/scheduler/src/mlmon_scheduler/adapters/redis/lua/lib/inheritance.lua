-- Priority and lane that a run has from what waits on it: nothing urgent waits for the idle.
--@include queues

local LANE_RANK = { critical = 1, high = 2, normal = 3, low = 4, backfill = 5 }
local MOVABLE = { queued = true, parked = true, delayed = true, blocked = true, held = true }

local function may_move(state)
  return MOVABLE[state or ''] or false
end

-- Give a waiting run another effective priority and lane; it keeps its age.
local function move_run(run, priority, lane, fields)
  local facts = redis.call('HMGET', key.run(run), 'state', 'effective_priority', 'order', 'parked_at')
  local state = facts[1]
  local changed = { 'effective_priority', text(priority), 'effective_lane', lane }
  if facts[3] and facts[3] ~= '' then
    changed[5] = 'order'
    changed[6] = text(tonumber(facts[3]) - 60000 * (priority - tonumber(facts[2])))
  end
  for i = 1, #fields do changed[#changed + 1] = fields[i] end
  if state == 'queued' then take_out(run) elseif state == 'parked' then unpark_run(run) end
  set_state(run, state, changed)
  if state == 'queued' then put_in_order(run) elseif state == 'parked' then park_run(run, facts[4]) end
end

-- Whether a new run is more urgent than something that it waits on.
local function outranks_parents(edges, fields)
  for _, edge in ipairs(edges) do
    if string.sub(edge[1], 1, 2) == 'g:' then return true end
    local parent = redis.call('HMGET', key.run(edge[1]), 'state', 'effective_priority', 'effective_lane')
    if may_move(parent[1]) and (tonumber(fields.effective_priority) > tonumber(parent[2])
        or LANE_RANK[fields.effective_lane] < LANE_RANK[parent[3]]) then
      return true
    end
  end
  return false
end

-- Have the loop of inheritance look at what this run waits on.
local function ask_parents(run)
  if redis.call('EXISTS', key.needs(run)) == 1 then redis.call('ZADD', key.inherit(), text(now), run) end
end

-- Raise one parent to what a child of it has; true when it rose.
local function raise_parent(parent, priority, lane)
  local facts = redis.call('HMGET', key.run(parent), 'state', 'effective_priority', 'effective_lane',
    'inherited_priority')
  if not may_move(facts[1]) then return false end
  local highest = math.max(priority, tonumber(facts[2]))
  local best = LANE_RANK[lane] < LANE_RANK[facts[3]] and lane or facts[3]
  if highest == tonumber(facts[2]) and best == facts[3] then return false end
  local inherited = math.max(priority, tonumber(facts[4] or '') or 0)
  move_run(parent, highest, best, { 'inherited_priority', text(inherited) })
  return true
end
