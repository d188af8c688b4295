-- Adds dead letters to the index; one that is there stays as it is.
-- KEYS  1 hash of what is told of each, after the id of its group  2 hash of their contents  3 sorted set of all, by id
--       4 hash of the groups  5 and so on: for each dead letter, the sorted set of its group
-- ARGV  for each dead letter: its id, the id of its group, what is told of it, its content, its group
-- Reply none
for position = 5, #KEYS do
  local at = (position - 5) * 5
  local id, group = ARGV[at + 1], ARGV[at + 2]
  if redis.call('HSETNX', KEYS[1], id, group .. ARGV[at + 3]) == 1 then
    redis.call('HSET', KEYS[2], id, ARGV[at + 4])
    redis.call('ZADD', KEYS[3], 0, id)
    redis.call('ZADD', KEYS[position], 0, id)
    redis.call('HSETNX', KEYS[4], group, ARGV[at + 5])
  end
end
