-- Prolongs the leases of a request: all, or, when one of them is not its any more, none. One that has ended and that nobody has taken
-- since is as good as one that has not.
-- KEYS  the contacts, as in guard.lua
-- ARGV  1 request  2 duration of a lease in ms  3 retention in ms
-- Reply 1 when they are prolonged, 0 when not
local request, till, retention = ARGV[1], now() + ARGV[2], ARGV[3]
local texts, renewed = redis.call('MGET', unpack(KEYS)), {}
for position, text in ipairs(texts) do
  local id, holder, lines = match(text or '', '^([^\255]*)\255([^\255]*)\255[^\255]*\255(.*)$')
  if holder ~= request then
    return 0
  end
  renewed[position] = id .. '\255' .. request .. '\255' .. text_of(till) .. '\255' .. lines
end
for position, key in ipairs(KEYS) do
  redis.call('SET', key, renewed[position], 'PX', retention)
end
return 1
