-- Records that a person is needed, once for each loss, and pauses the line.
-- KEYS  as in authorization.lua
-- ARGV  1 the loss  2 access and 3 refresh token that are lost, as they were read, '' for none  4 fingerprint of the latter, or ''
--       5 attempt that found out, or ''  6 'forget' to delete the tokens, else ''
--       7 what to announce  8 field and 9 value of the line's reason  10 what to announce of that
-- Reply { 'lost' }, { 'changed' }: other tokens have come meanwhile, or { 'doubtful', ms }: an attempt of somebody else may still
--       bring living tokens, so that nothing is recorded, and nobody asks for so long
if ARGV[5] ~= '' then
  settle(ARGV[5])
end
if not are_stored(ARGV[2], ARGV[3]) then
  return { 'changed' }
end
if ARGV[5] ~= '' then
  redis.call('ZREMRANGEBYSCORE', ATTEMPTS, '-inf', string.format('%.0f', now()))
  local last = redis.call('ZRANGE', ATTEMPTS, -1, -1, 'WITHSCORES')
  if last[2] then
    local hope = math.max(1, math.floor(last[2] - now()))
    redis.call('SET', PAUSE, '1', 'PX', hope)
    return { 'doubtful', hope }
  end
end
local known = redis.call('HMGET', KNOWN, 'loss', 'refused')
if known[1] ~= ARGV[1] or (known[2] or '') ~= ARGV[4] or ARGV[6] == 'forget' then
  redis.call('HSET', KNOWN, 'loss', ARGV[1], 'refused', ARGV[4])
  announce(OUTBOX, ARGV[7])
end
if ARGV[6] == 'forget' then
  redis.call('DEL', ACCESS, REFRESH, LIFETIME, GENERATED)
  redis.call('HSET', KNOWN, 'refused', '')
end
pause(LINE, OUTBOX, ARGV[8], ARGV[9], ARGV[10])
tell_replicas()
return { 'lost' }
