-- Asks for a slot on behalf of a replica, and queues it up while there is none for it.
-- KEYS  as in quota.lua
-- ARGV  1 replica  2 name of the slot  3 lanes that it waits in: 'interactive', 'bulk', 'interactive bulk', or '' to leave
--       4 '1' if it has as much to send as one request can take, else '0'
--       5 how long after the grant an answer may come at the latest  6 the highest number of grants that it has seen
--       7 share of bulk while both lanes wait
-- Reply { 'granted', lane, number of grants }, { 'wait', ms, number of grants } or { 'left', '', number of grants }
local replica, slot, lanes = ARGV[1], ARGV[2], ARGV[3]
local at = now()
local state = load(at)
recall(state, ARGV[6], at)

-- Who has not asked for long, waits no more.
local beats = redis.call('HGETALL', REPLICAS)
for position = 1, #beats, 2 do
  if at - tonumber(string.match(beats[position + 1], '^%S+')) > SILENCE then
    redis.call('HDEL', REPLICAS, beats[position])
    redis.call('ZREM', QUEUES.interactive, beats[position])
    redis.call('ZREM', QUEUES.bulk, beats[position])
  end
end

for lane, queue in pairs(QUEUES) do
  if not string.find(lanes, lane, 1, true) then
    redis.call('ZREM', queue, replica)
  elseif not redis.call('ZSCORE', queue, replica) then
    state.joined = state.joined + 1
    redis.call('ZADD', queue, ms(state.joined), replica)
  end
end
if lanes == '' then
  redis.call('HDEL', REPLICAS, replica)
else
  redis.call('HSET', REPLICAS, replica, ms(at) .. ' ' .. ARGV[4])
end

local order, busy, both = waiting(state)
local since = free(state, busy, at)
local reply = { 'left', '' }
for position, waiter in ipairs(order) do
  if waiter.replica == replica then
    -- Everybody has a moment for himself; then it is also the next one's turn.
    local turn = math.max(since, state.turn) + (position - 1) * PATIENCE
    if position == 1 then
      turn = since
    end
    if turn <= at then
      local gap, credit = pace(state, busy, at)
      state.next = math.max(math.min(state.next, at + gap), at - credit * gap) + gap
      state.seq = state.seq + 1
      state.turn = at
      if both then
        state.credit = math.min(state.credit + tonumber(ARGV[7]), 3)
      end
      if waiter.lane == 'bulk' then
        state.credit = math.max(state.credit - 1, 0)
      end
      redis.call('ZADD', SLOTS, ms(at + state.window + tonumber(ARGV[5])), slot)
      redis.call('ZADD', SENT, ms(at), slot)
      redis.call('ZREM', QUEUES[waiter.lane], replica)
      reply = { 'granted', waiter.lane }

      -- What ended a moment ago tells since when there has been a free slot.
      redis.call('ZREMRANGEBYSCORE', SLOTS, '-inf', ms(at - HEARTBEAT))
      redis.call('ZREMRANGEBYSCORE', SENT, '-inf', ms(at - state.window - tonumber(ARGV[5])))
    else
      reply = { 'wait', ms(math.min(turn - at, HEARTBEAT)) }
    end
    break
  end
end
save(state)

if reply[1] ~= 'wait' then
  order = waiting(state)
  if order[1] and order[1].replica ~= replica then
    wake(order[1].replica)
  end
end
reply[3] = string.format('%.0f', state.seq)
return reply
