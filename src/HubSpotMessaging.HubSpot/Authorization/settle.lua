-- Ends an attempt that brought nothing.
-- KEYS  as in authorization.lua
-- ARGV  1 attempt  2 for how many ms nobody is to try again; 0 for none
-- Reply none
settle(ARGV[1])
if tonumber(ARGV[2]) > redis.call('PTTL', PAUSE) and ARGV[2] ~= '0' then -- Never shorter than somebody else has been told.
  redis.call('SET', PAUSE, '1', 'PX', ARGV[2])
end
