-- Begins an attempt to replace the tokens, one over all replicas. That this is written proves that the answer can be, too.
-- KEYS  as in authorization.lua
-- ARGV  1 attempt  2 access and 3 refresh token as they were read  4 loss as it was read, or ''
--       5 duration of the lease in ms  6 after how many ms nothing can come of this attempt any more
-- Reply { 'begun' }, { 'changed' }: other tokens have come, or these are lost, { 'taken' }: somebody else is at it, { 'paused', ms }
if not are_stored(ARGV[2], ARGV[3]) or (redis.call('HGET', KNOWN, 'loss') or '') ~= ARGV[4] then
  return { 'changed' }
end
local pause = redis.call('PTTL', PAUSE)
if pause > 0 then
  return { 'paused', pause }
end
if not redis.call('SET', LEASE, ARGV[1], 'NX', 'PX', ARGV[5]) then
  return { 'taken' }
end
redis.call('ZADD', ATTEMPTS, string.format('%.0f', now() + ARGV[6]), ARGV[1])
return { 'begun' }
