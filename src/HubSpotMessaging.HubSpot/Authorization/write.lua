-- Writes a pair of tokens, all four keys or none, and with it whatever follows from there being tokens again.
-- KEYS  as in authorization.lua
-- ARGV  1 access  2 refresh  3 lifetime in seconds  4 generation time in Unix seconds
--       5 generation  6 grant  7 pair  8 portal, or ''  9 why: Due, Refused, Granted or Repaired
--       10 on what condition: 'always'; 'pinned': this portal is the first or the same as ever; 'parent': the stored refresh token is the one this pair was made from; 'same': so are both tokens
--       11 access and 12 refresh token as they were read  13 generation as it was read
--       14 attempt, or ''  15 what to announce, or ''  16 field of the line's reason that ends  17 scopes, or ''
-- Reply 1 when they are written, 0 when the condition is not met
local condition, access, refresh, generation = ARGV[10], ARGV[11], ARGV[12], ARGV[13]
local before = redis.call('HGET', KNOWN, 'grant')
local function refused()
  if ARGV[14] ~= '' then
    settle(ARGV[14])
  end
  return 0
end
if condition == 'pinned' and (redis.call('HGET', KNOWN, 'portal') or ARGV[8]) ~= ARGV[8] then
  return refused()
end
if condition == 'same' and not are_stored(access, refresh) then
  return refused()
end
if condition == 'parent' then
  if (redis.call('GET', REFRESH) or '') ~= refresh then
    return refused()
  end
  -- Where a refresh keeps the refresh token, only the generation tells that somebody has refreshed meanwhile. Where it does not, this
  -- pair is the only one that lives.
  if ARGV[2] == refresh and (redis.call('HGET', KNOWN, 'generation') or '0') ~= generation then
    return refused()
  end
end
redis.call('SET', ACCESS, ARGV[1])
redis.call('SET', REFRESH, ARGV[2])
redis.call('SET', LIFETIME, ARGV[3])
redis.call('SET', GENERATED, ARGV[4])
redis.call('HSET', KNOWN, 'generation', ARGV[5], 'grant', ARGV[6], 'pair', ARGV[7], 'why', ARGV[9], 'scopes', ARGV[17])
if ARGV[8] ~= '' then
  redis.call('HSET', KNOWN, 'portal', ARGV[8])
end
redis.call('HDEL', KNOWN, 'loss', 'refused')
redis.call('DEL', ATTEMPTS, PAUSE)
if ARGV[14] ~= '' then
  settle(ARGV[14])
end
if ARGV[15] ~= '' then
  announce(OUTBOX, ARGV[15])
end
resume(LINE, OUTBOX, ARGV[16])
if before ~= ARGV[6] then
  resume_all(LINE, OUTBOX, 'scopes') -- They are missing until somebody grants anew.
end
tell_replicas()
return 1
