-- Records that a person is needed, once for each loss.
-- KEYS  1 refresh token  2 hash of what else is known
-- ARGV  1 the reason  2 the refresh token that was refused, or '' when there is none  3 its fingerprint, or ''
-- Reply 1 when this is news, 0 when it was known or when other tokens have come meanwhile
local stored = redis.call('GET', KEYS[1]) or ''
if stored ~= ARGV[2] then
  return 0
end
local known = redis.call('HMGET', KEYS[2], 'loss', 'refused')
if known[1] == ARGV[1] and (known[2] or '') == ARGV[3] then
  return 0
end
redis.call('HSET', KEYS[2], 'loss', ARGV[1], 'refused', ARGV[3])
return 1
