-- Writes down that an enrolment is done: whoever knows that is right, however late.
-- KEYS  1 record, as in read.lua
-- ARGV  1 contact  2 workflow  3 for how many ms the record is kept
-- Reply none
redis.call('HSET', KEYS[1], 'contact', ARGV[1], 'workflow', ARGV[2], 'done', '1')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
