-- Takes dead letters out of the index, and the groups that are empty then.
-- KEYS  1 to 4 as in add.lua
-- ARGV  1 what the keys of the groups' sorted sets begin with  2 the length of a group's id  3 and so on: ids
-- Reply how many of them were there
local removed = 0
for position = 3, #ARGV do
  local id = ARGV[position]
  local entry = redis.call('HGET', KEYS[1], id)
  if entry then
    local group = string.sub(entry, 1, ARGV[2])
    redis.call('HDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[3], id)
    redis.call('ZREM', ARGV[1] .. group, id)
    if redis.call('ZCARD', ARGV[1] .. group) == 0 then
      redis.call('HDEL', KEYS[4], group)
    end
    removed = removed + 1
  end
end
return removed
