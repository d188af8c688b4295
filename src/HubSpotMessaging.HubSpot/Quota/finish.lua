-- Ends a slot, and learns from the answer.
-- KEYS  as in quota.lua
-- ARGV  1 slot  2 what became of its request: 'answered', 'unanswered' (it may still arrive), 'refused' (429, over the limit: it does
--       not count at HubSpot) or 'unsent'  3 ms since it was sent  4 ms in which an unanswered request may still arrive
--       5 max, 6 window and 7 remaining as HubSpot told, or '' if it did not  8 ms for which HubSpot wants nothing, or ''
--       9 '1' if the window is full  10 the highest number of grants that the replica has seen
-- Reply number of grants
local slot, use, took = ARGV[1], ARGV[2], tonumber(ARGV[3])
local at = now()
local state = load(at)
recall(state, ARGV[10], at)
local order, busy = waiting(state)
local before = free(state, busy, at)

if ARGV[5] ~= '' then
  state.max, state.window = tonumber(ARGV[5]), tonumber(ARGV[6])
end

local sent = at - took
if use == 'answered' then
  state.took = state.took + LATEST * (took - state.took)
end
if use == 'answered' or use == 'unanswered' then
  redis.call('ZADD', SENT, ms(sent), slot)
  redis.call('ZADD', SLOTS, ms(at + state.window + (use == 'unanswered' and tonumber(ARGV[4]) or 0)), slot)
else
  redis.call('ZREM', SENT, slot)
  if redis.call('ZREM', SLOTS, slot) == 1 and use == 'unsent' then
    state.next = state.next - pace(state, busy, at) -- As if it had never been granted.
  end
end

-- HubSpot counted what had arrived when this request did: own ones that were sent before it, and perhaps some that were sent while
-- it was on its way.
local full = ARGV[9] == '1'
if full or ARGV[7] ~= '' then
  local own = redis.call('ZCOUNT', SENT, '(' .. ms(sent - state.window), ms(sent + math.min(took / 2, 150)))
  local measured = state.max - (full and 0 or tonumber(ARGV[7])) - own
  state.heard = at
  if measured > NOISE and measured >= others(state, at) then
    state.others, state.measured = measured, at
  end
end

if ARGV[8] ~= '' then
  state.hold = math.max(state.hold, at + tonumber(ARGV[8]))
elseif full then
  state.hold = math.max(state.hold, at + math.min(2 * pace(state, busy, at), state.window))
end

-- Those who wait were told when to ask again. That it is earlier now, they are told at once.
local after = free(state, busy, at)
if #order > 0 and after < before and after < at + HEARTBEAT then
  state.turn = math.max(state.turn, at)
  wake('*')
end
save(state)
return string.format('%.0f', state.seq)
