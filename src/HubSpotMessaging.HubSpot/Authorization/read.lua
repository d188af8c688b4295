-- Reads the tokens and what is known of them, at one moment.
-- KEYS  as in authorization.lua
-- Reply { access, refresh, lifetime, generation time, generation, grant, pair, portal, why, loss, refused, scopes }
local known = redis.call('HMGET', KNOWN, 'generation', 'grant', 'pair', 'portal', 'why', 'loss', 'refused', 'scopes')
return {
  redis.call('GET', ACCESS), redis.call('GET', REFRESH), redis.call('GET', LIFETIME), redis.call('GET', GENERATED),
  known[1], known[2], known[3], known[4], known[5], known[6], known[7], known[8]
}
