-- Adds a reason to the line.
-- KEYS  1 line  2 outbox
-- ARGV  1 field  2 value  3 what to announce if this is news
-- Reply none
pause(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
tell_replicas()
