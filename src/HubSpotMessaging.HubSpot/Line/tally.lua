-- Counts how the last commands of a type have ended, and pauses the line for them when too many have ended in the same way.
-- KEYS  1 line  2 outbox  3 list of the last outcomes, the latest first: '' or the rejections, each ended by a line feed
--       4 hash of how often each rejection is in the list  5 the rejection for which the line was paused last
-- ARGV  1 how many outcomes count  2 how many of the same are too many  3 how many have succeeded since the last time
--       4 and so on, for each rejection of one command that is rejected now: what it is, its field in the line, the reason's value,
--       what to announce
-- Reply 1 when the line is paused for one of the rejections, so that the command is to wait, else 0
local function forget(outcome)
  for rejection in string.gmatch(outcome, '([^\n]*)\n') do
    if redis.call('HINCRBY', KEYS[4], rejection, -1) <= 0 then
      redis.call('HDEL', KEYS[4], rejection)
    end
  end
end

local function note(outcome)
  redis.call('LPUSH', KEYS[3], outcome)
  if redis.call('LLEN', KEYS[3]) > tonumber(ARGV[1]) then
    forget(redis.call('RPOP', KEYS[3]))
  end
end

-- The line is paused for it already: whatever was under way then waits, too.
for position = 4, #ARGV, 4 do
  if redis.call('HEXISTS', KEYS[1], ARGV[position + 1]) == 1 and redis.call('GET', KEYS[5]) == ARGV[position] then
    return 1
  end
end

for _ = 1, tonumber(ARGV[3]) do
  note('')
end
if #ARGV < 4 then
  return 0
end

local parts = {}
for position = 4, #ARGV, 4 do
  redis.call('HINCRBY', KEYS[4], ARGV[position], 1)
  parts[#parts + 1] = ARGV[position] .. '\n'
end
note(table.concat(parts))
for position = 4, #ARGV, 4 do
  if tonumber(redis.call('HGET', KEYS[4], ARGV[position]) or 0) > tonumber(ARGV[2]) then
    pause(KEYS[1], KEYS[2], ARGV[position + 1], ARGV[position + 2], ARGV[position + 3])
    redis.call('SET', KEYS[5], ARGV[position])
    redis.call('DEL', KEYS[3], KEYS[4]) -- Begins anew when somebody has resumed it.
    tell_replicas()
    return 1
  end
end
return 0
