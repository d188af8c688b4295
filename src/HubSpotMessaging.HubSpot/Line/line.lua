-- Functions for scripts that change the line or tell of something.
-- In the line's hash a field is owner/reason/scope; its value is the reason as JSON, a line feed, and what to announce at its end.

-- Leaves a text for whichever replica publishes next.
local function announce(outbox, text)
  redis.call('RPUSH', outbox, text)
end

-- Whether another owner has the same reason for the same commands: nothing changes for them then.
local function is_shared(line, field)
  local reason = string.match(field, '/.*$')
  for _, other in ipairs(redis.call('HKEYS', line)) do
    if other ~= field and string.match(other, '/.*$') == reason then
      return true
    end
  end
  return false
end

-- Adds a reason. Announced once, however many replicas come to it.
local function pause(line, outbox, field, value, text)
  if redis.call('HSETNX', line, field, value) == 1 and not is_shared(line, field) then
    announce(outbox, text)
  end
end

-- Takes a reason away, which is announced if it was there.
local function resume(line, outbox, field)
  local value = redis.call('HGET', line, field)
  if value then
    redis.call('HDEL', line, field)
    if not is_shared(line, field) then
      announce(outbox, string.match(value, '\n(.*)$'))
    end
  end
end

-- Takes away every reason of an owner.
local function resume_all(line, outbox, owner)
  for _, field in ipairs(redis.call('HKEYS', line)) do
    if string.sub(field, 1, #owner + 1) == owner .. '/' then
      resume(line, outbox, field)
    end
  end
end

-- Lets every replica look at once.
local function tell_replicas()
  redis.call('PUBLISH', 'hubspot:changed', '')
end
