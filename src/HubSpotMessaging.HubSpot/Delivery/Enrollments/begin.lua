-- Writes down an enrolment that is about to be sent, unless there is a record already.
-- KEYS  1 record, as in read.lua
-- ARGV  1 attempt  2 contact  3 workflow  4 for how many ms the attempt may be under way  5 for how many ms the record is kept
-- Reply 1 if it is written, or was by this very attempt, whose answer got lost; 0 if there is another one
if redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.call('HGET', KEYS[1], 'attempt') == ARGV[1] and redis.call('HEXISTS', KEYS[1], 'done') == 0 and 1 or 0
end
local time = redis.call('TIME')
local ends = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[4])
redis.call('HSET', KEYS[1], 'attempt', ARGV[1], 'contact', ARGV[2], 'workflow', ARGV[3], 'until', ends)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
