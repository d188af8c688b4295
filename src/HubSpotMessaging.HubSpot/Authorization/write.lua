-- Writes a new pair of tokens, all keys or none.
-- KEYS  1 access token  2 refresh token  3 lifetime  4 generation time  5 hash of what else is known
-- ARGV  1 access  2 refresh  3 lifetime in seconds  4 generation time in Unix seconds  5 portal, or ''
--       6 the refresh token this pair was made from, or '' for a person's new grant
-- Reply the new generation, or -1 when the stored refresh token is not the parent of this pair
local parent = ARGV[6]
if parent ~= '' and redis.call('GET', KEYS[2]) ~= parent then
  return -1
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('SET', KEYS[3], ARGV[3])
redis.call('SET', KEYS[4], ARGV[4])
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[5], 'portal', ARGV[5])
end
redis.call('HDEL', KEYS[5], 'loss', 'refused')
return redis.call('HINCRBY', KEYS[5], 'generation', 1)
