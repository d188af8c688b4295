-- Counts the failures in a row, of all replicas together, and opens the circuit when there are enough.
-- KEYS  1 hash of the failures in a row: their number, and when the first of them was  2 how often the circuit has opened of late
-- ARGV  1 how many it takes  2 over how many ms at the least  3 after how many ms without a failure a row ends  4 for how many ms an opening counts
-- Reply 0, or when the circuit opens now, how often it has of late
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('HSETNX', KEYS[1], 'first', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if failures < tonumber(ARGV[1]) or now - redis.call('HGET', KEYS[1], 'first') < tonumber(ARGV[2]) then
  return 0
end
redis.call('DEL', KEYS[1])
local openings = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return openings
