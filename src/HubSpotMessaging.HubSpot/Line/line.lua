-- Functions for scripts that change the line or tell of something.
-- In the line's hash a field is owner/reason/scope; its value is the reason as JSON, a line feed, and what to announce at its end.

-- Leaves a text for whichever replica publishes next.
local function announce(outbox, text)
  redis.call('RPUSH', outbox, text)
end

-- Adds a reason. Announced once, however many replicas come to it.
local function pause(line, outbox, field, value, text)
  if redis.call('HSETNX', line, field, value) == 1 then
    announce(outbox, text)
  end
end

-- Takes a reason away, which is announced if it was there.
local function resume(line, outbox, field)
  local value = redis.call('HGET', line, field)
  if value then
    redis.call('HDEL', line, field)
    announce(outbox, string.match(value, '\n(.*)$'))
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
