-- Changes what is known of a reason.
-- KEYS  1 line
-- ARGV  1 field  2 value
-- Reply none
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  tell_replicas()
end
