-- Functions and names that every script of the authorization begins with.
-- KEYS  1 access token  2 refresh token  3 lifetime  4 generation time: the four that others read too
--       5 hash of what else is known: generation, grant, pair (fingerprint of the two tokens as we wrote them), portal,
--         why (see write.lua), loss, refused (fingerprint of the refresh token that is lost), scopes
--       6 lease of whoever refreshes  7 sorted set of attempts that may still bring tokens, by when they cannot any more
--       8 pause of the token endpoint  9 line  10 outbox
local ACCESS, REFRESH, LIFETIME, GENERATED = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local KNOWN, LEASE, ATTEMPTS, PAUSE, LINE, OUTBOX = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Whether the two tokens are still those that somebody has read; '' stands for none.
local function are_stored(access, refresh)
  return (redis.call('GET', ACCESS) or '') == access and (redis.call('GET', REFRESH) or '') == refresh
end

-- Ends an attempt, of which nothing is to be expected any more, and gives its lease back if it still has it.
local function settle(attempt)
  redis.call('ZREM', ATTEMPTS, attempt)
  if redis.call('GET', LEASE) == attempt then
    redis.call('DEL', LEASE)
  end
end
