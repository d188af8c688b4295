-- Functions and names that every script of the quota begins with. Moments and durations are in ms, on the server's clock.
-- KEYS  1 hash of what is known: max, window: the account's limit as HubSpot last told; next: when the pace allows the next send;
--         hold: before when nothing is granted; turn: since when those who wait have had their present order; seq: number of grants;
--         others, measured: how many slots others had, and when; heard: when HubSpot last told; took: how long its answers take;
--         credit: what bulk has coming; joined: number of joinings; at: when it was last looked at
--       2 sorted set of slots that are taken, by their ends  3 sorted set of slots by when their requests were granted, or sent
--       4 hash of the replicas that wait: when each last asked, and 1 if it has as much to send as one request can take
--       5 and 6 sorted sets of the replicas that wait in the interactive and the bulk lane, by when they joined
local STATE, SLOTS, SENT, REPLICAS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local QUEUES = { interactive = KEYS[5], bulk = KEYS[6] }

local BURST = 5                    -- Sends of a trickle that need no distance.
local LATE = 1                     -- Late ones that need none while there is much to send: a pause that is made up for comes again in each window.
local TRICKLE = 0.95               -- How much of the limit a trickle is spread over.
local NOISE = 2                    -- What is no sign of others yet.
local MARGIN, SHARE = 2, 0.05      -- What is kept free beside them: so much, or this part of what they use, since they do not send evenly.
local HALF_LIFE = 5000             -- In which what others use is forgotten by half, once it has left the window.
local SILENT = 1000                -- Without an answer for so long, others may have taken what was kept free: as much is kept free again.
local SILENCE = 3000               -- After which a replica that has not asked is gone.
local PATIENCE = 50                -- How long the next in turn waits for one who does not take his slot.
local STEP = 2000                  -- A clock that has gone back by more has been set, and is not the one of before.
local LATEST = 0.1                 -- What the latest answer counts for in how long answers take.
local HEARTBEAT = 1000             -- After which everybody asks again.
local UNSEEN = 10000               -- More grants than one that was lost can be behind another that was lost.

local unpack = unpack or table.unpack

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end

local function ms(moment)
  return string.format('%.3f', moment)
end

local FIELDS = { 'max', 'window', 'next', 'hold', 'turn', 'seq', 'others', 'measured', 'heard', 'took', 'credit', 'joined', 'at' }

-- What is known. Before HubSpot has said anything it is 100 in 10 seconds, the least that an app of an account has.
-- When the clock has been set back, the moments of before would keep everybody waiting: the window counts as full once instead.
local function load(at)
  local values = redis.call('HMGET', STATE, unpack(FIELDS))
  local state = { }
  for position, field in ipairs(FIELDS) do
    state[field] = tonumber(values[position] or '0')
  end
  if state.max == 0 then
    state.max, state.window = 100, 10000
  end
  if state.at > at + STEP then
    redis.call('DEL', SLOTS, SENT, REPLICAS, QUEUES.interactive, QUEUES.bulk)
    state.next, state.turn, state.measured, state.heard, state.others = at, at, at, at, 0
    state.hold = at + state.window
  end
  state.at = at
  return state
end

local function save(state)
  local values = { }
  for _, field in ipairs(FIELDS) do
    values[#values + 1] = field
    values[#values + 1] = ms(state[field])
  end
  redis.call('HSET', STATE, unpack(values))
end

-- A replica that has seen more grants than are stored proves that Redis has forgotten some: whatever they were for is still in
-- HubSpot's window, so nothing is granted for as long as that is. The others have seen other numbers, and shall not prove it again.
local function recall(state, seen, at)
  if tonumber(seen) > state.seq then
    state.hold = math.max(state.hold, at + state.window)
    state.seq = tonumber(seen) + UNSEEN
  end
end

local function others(state, at)
  local left = state.others * 0.5 ^ (math.max(0, at - state.measured - state.window) / HALF_LIFE)
  return left < 0.5 and 0 or left
end

local function limit(state, at)
  local used = others(state, at)
  local margin = used > 0 and math.max(MARGIN, SHARE * used) or 0
  if at - state.heard > SILENT then
    margin = 2 * margin
  end
  return math.max(1, math.floor(state.max - used - margin))
end

-- Those who wait, in their order: the lane whose turn it is first. And whether there is much to send.
local function waiting(state)
  local bulk = redis.call('ZRANGE', QUEUES.bulk, 0, -1)
  local interactive = redis.call('ZRANGE', QUEUES.interactive, 0, -1)
  local order, busy = { }, #bulk > 0
  local function add(replicas, lane)
    for _, replica in ipairs(replicas) do
      order[#order + 1] = { replica = replica, lane = lane }
    end
  end
  if state.credit >= 1 then
    add(bulk, 'bulk')
    add(interactive, 'interactive')
  else
    add(interactive, 'interactive')
    add(bulk, 'bulk')
  end
  for position = 1, #interactive do
    local beat = redis.call('HGET', REPLICAS, interactive[position])
    busy = busy or (beat and string.sub(beat, -1) == '1')
  end
  return order, busy, #interactive > 0 and #bulk > 0
end

-- The distance between two sends, and how much of it may be made up for. While there is much to send, a slot comes back a window
-- after its answer.
local function pace(state, busy, at)
  if busy then
    return (state.window + state.took) / limit(state, at), LATE
  end
  return state.window / (TRICKLE * limit(state, at)), BURST - 1
end

-- Since when there is a free slot, or from when on there will be one.
local function free(state, busy, at)
  local gap = pace(state, busy, at)
  local since = math.max(state.hold, math.min(state.next, at + gap))
  local last = string.format('%.0f', limit(state, at) - 1)
  local ends = redis.call('ZREVRANGE', SLOTS, last, last, 'WITHSCORES')
  return ends[2] and math.max(since, tonumber(ends[2])) or since
end

-- Wakes replicas: one, or all of them by '*'.
local function wake(replica)
  redis.call('PUBLISH', 'hubspot:quota:free', replica)
end
