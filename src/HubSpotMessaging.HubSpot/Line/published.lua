-- Takes the first announcement off the list, if it is still the one that was published.
-- KEYS  1 outbox
-- ARGV  1 the announcement
-- Reply none
if redis.call('LINDEX', KEYS[1], 0) == ARGV[1] then
  redis.call('LPOP', KEYS[1])
end
