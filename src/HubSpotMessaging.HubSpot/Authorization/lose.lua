-- Records that a person is needed, once for each loss, and pauses the line.
-- KEYS  as in authorization.lua
-- ARGV  1 the loss  2 the refresh token that is lost as it was read, '' for none  3 its fingerprint, or ''  4 attempt, or ''
--       5 'forget' to delete the tokens, else ''
--       6 what to announce  7 field and 8 value of the line's reason  9 what to announce of that
-- Reply { 'lost' }, { 'changed' }: other tokens have come meanwhile, or { 'doubtful', ms }: an attempt of somebody else may still
--       bring living tokens, so that nothing is recorded
if (redis.call('GET', REFRESH) or '') ~= ARGV[2] then
  if ARGV[4] ~= '' then
    settle(ARGV[4])
  end
  return { 'changed' }
end
if ARGV[4] ~= '' then
  settle(ARGV[4])
  redis.call('ZREMRANGEBYSCORE', ATTEMPTS, '-inf', string.format('%.0f', now()))
  local last = redis.call('ZRANGE', ATTEMPTS, -1, -1, 'WITHSCORES')
  if last[2] then
    return { 'doubtful', math.floor(last[2] - now()) }
  end
end
local known = redis.call('HMGET', KNOWN, 'loss', 'refused')
if known[1] ~= ARGV[1] or (known[2] or '') ~= ARGV[3] or ARGV[5] == 'forget' then
  redis.call('HSET', KNOWN, 'loss', ARGV[1], 'refused', ARGV[3])
  announce(OUTBOX, ARGV[6])
end
if ARGV[5] == 'forget' then
  redis.call('DEL', ACCESS, REFRESH, LIFETIME, GENERATED)
  redis.call('HSET', KNOWN, 'refused', '')
end
pause(LINE, OUTBOX, ARGV[7], ARGV[8], ARGV[9])
tell_replicas()
return { 'lost' }
