-- Takes a reason off the line.
-- KEYS  1 line  2 outbox
-- ARGV  1 field
-- Reply none
resume(KEYS[1], KEYS[2], ARGV[1])
tell_replicas()
