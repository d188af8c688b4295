-- Looks how the window stands, and changes nothing.
-- KEYS  as in quota.lua
-- Reply { max, window, used, others, left of others }; empty before anything is known, or after the clock has been set back
local at = now()
local seen = tonumber(redis.call('HGET', STATE, 'at') or '')
if not seen or seen > at + STEP then
  return { }
end
local state = load(at)
local function whole(number)
  return string.format('%.0f', number)
end
return {
  whole(state.max), whole(state.window), whole(redis.call('ZCOUNT', SLOTS, '(' .. ms(at), '+inf')),
  whole(others(state, at)), whole(limit(state, at))
}
