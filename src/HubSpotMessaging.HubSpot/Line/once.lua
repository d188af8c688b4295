-- Announces something that several replicas come to at their own time; one of them does so for all.
-- KEYS  1 mark that it has been told  2 outbox
-- ARGV  1 for how long the mark stays, in milliseconds  2 and so on: what to announce
-- Reply none
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then
  for position = 2, #ARGV do
    announce(KEYS[2], ARGV[position])
  end
  tell_replicas()
end
