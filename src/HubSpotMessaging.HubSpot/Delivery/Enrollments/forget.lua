-- Forgets an attempt, unless it is done after all, or somebody else is at it.
-- KEYS  1 record, as in read.lua
-- ARGV  1 attempt
-- Reply none
if redis.call('HGET', KEYS[1], 'attempt') == ARGV[1] and redis.call('HEXISTS', KEYS[1], 'done') == 0 then
  redis.call('DEL', KEYS[1])
end
