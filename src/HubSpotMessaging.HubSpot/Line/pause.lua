-- Adds a reason to the line.
-- KEYS  1 line  2 outbox  3 hash of what is known of the authorization
-- ARGV  1 field  2 value  3 what to announce if this is news  4 the grant that it is about, or '' if it is about none
-- Reply none
if ARGV[4] == '' or redis.call('HGET', KEYS[3], 'grant') == ARGV[4] then
  pause(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
  tell_replicas()
end
