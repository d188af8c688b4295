-- Reads the tokens and what is known of them, at one moment.
-- KEYS  1 access token  2 refresh token  3 lifetime  4 generation time  5 hash of what else is known
-- Reply { access, refresh, lifetime, generation time, generation, portal, loss, refused refresh token's fingerprint }
local known = redis.call('HMGET', KEYS[5], 'generation', 'portal', 'loss', 'refused')
return {
  redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3]), redis.call('GET', KEYS[4]),
  known[1], known[2], known[3], known[4]
}
