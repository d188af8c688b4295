-- Announces afterwards that Redis was away, when nobody could be told. One replica does so for all.
-- KEYS  1 mark that it has been told  2 outbox
-- ARGV  1 for how long the mark stays, in milliseconds  2 the pause  3 the resumption
-- Reply none
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then
  announce(KEYS[2], ARGV[2])
  announce(KEYS[2], ARGV[3])
  tell_replicas()
end
