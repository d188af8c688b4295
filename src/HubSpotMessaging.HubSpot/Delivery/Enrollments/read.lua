-- Reads what is known of an enrolment.
-- KEYS  1 record: a hash of contact, workflow, attempt, until (in ms, on this server's clock), and done
-- ARGV  none
-- Reply { contact, workflow, attempt, 1 if it is done else 0, for how many ms the attempt may still be under way }, or nothing in it
local record = redis.call('HMGET', KEYS[1], 'contact', 'workflow', 'attempt', 'done', 'until')
if not record[1] then
  return {}
end
local time = redis.call('TIME')
local left = (tonumber(record[5] or '0') or 0) - (time[1] * 1000 + math.floor(time[2] / 1000))
return { record[1], record[2], record[3] or '', record[4] and 1 or 0, string.format('%.0f', math.max(left, 0)) }
