-- Functions for scripts that read and change what is known of a contact.
-- KEYS  the contacts: a string each, so that a batch is read by one command, and costs as little memory as it can. In it stand
--         id FF holder FF till FF: HubSpot's record id, the request that has the lease, and until when in ms, 0 without a lease
--         (= or +) version FE names FF: what HubSpot has of a version, + if that created the contact
--         ? request FE since FE version FE names FF: what may have been written; without a request once it is known to have no answer
--       FE ends each name. The bytes FE and FF occur in no UTF-8 text, so nothing need be escaped.
local match, gmatch, find, sub, byte, format = string.match, string.gmatch, string.find, string.sub, string.byte, string.format
local unpack = unpack or table.unpack

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Of a moment or a time in ms: Lua's own way would round it.
local function text_of(number)
  return format('%.0f', number)
end

-- Whether a version is older than another one. Bytes are compared one by one, since < would obey the locale of the server; up to the
-- 19th there are digits, which stand in their order in every locale.
local function is_older(one, other)
  local early, late = sub(one, 1, 19), sub(other, 1, 19)
  if early ~= late then
    return early < late
  end
  for position = 20, math.min(#one, #other) do
    local x, y = byte(one, position), byte(other, position)
    if x ~= y then
      return x < y
    end
  end
  return #one < #other
end

local function each(names)
  return gmatch(names, '([^\254]*)\254')
end

-- The names that are not among others.
local function without(names, others)
  if names == others or names == '' then
    return ''
  end
  if others == '' then
    return names
  end
  others = '\254' .. others
  local kept = {}
  for name in each(names) do
    if not find(others, '\254' .. name .. '\254', 1, true) then
      kept[#kept + 1] = name
    end
  end
  kept[#kept + 1] = ''
  return table.concat(kept, '\254')
end

local function union(names, others)
  return names .. without(others, names)
end

-- What stands in a text from a place up to an ending, and the place behind that. Much faster than a pattern.
local function upto(ending, text, from)
  local position = find(text, ending, from, true)
  return sub(text, from, position - 1), position + 1
end

-- The versions and their names as claim.lua is sent them: an iterator.
local function versions(writes)
  local next = 1
  return function()
    if next <= #writes then
      local version, names
      version, next = upto('\254', writes, next)
      names, next = upto('\255', writes, next)
      return version, names
    end
  end
end

local function read(text)
  local contact = { id = '', holder = '', till = 0, stamps = {}, pending = {} }
  if not text then
    return contact
  end
  local till, next
  contact.id, next = upto('\255', text, 1)
  contact.holder, next = upto('\255', text, next)
  till, next = upto('\255', text, next)
  contact.till = tonumber(till)
  while next <= #text do
    local mark, version, names = sub(text, next, next)
    if mark == '?' then
      local request, since
      request, next = upto('\254', text, next + 1)
      since, next = upto('\254', text, next)
      version, next = upto('\254', text, next)
      names, next = upto('\255', text, next)
      contact.pending[#contact.pending + 1] = { request = request, since = since, version = version, names = names }
    else
      version, next = upto('\254', text, next + 1)
      names, next = upto('\255', text, next)
      contact.stamps[#contact.stamps + 1] = { mark = mark, version = version, names = names }
    end
  end
  return contact
end

-- Writes what is known of a contact for the time of the retention, only its lease for the time of that, and nothing not at all.
local function write(key, contact, now, retention)
  local till = contact.till > now and contact.till or 0
  local lines = {}
  for _, stamp in ipairs(contact.stamps) do
    if stamp.names ~= '' then
      lines[#lines + 1] = stamp.mark .. stamp.version .. '\254' .. stamp.names .. '\255'
    end
  end
  for _, pending in ipairs(contact.pending) do
    if pending.names ~= '' then
      lines[#lines + 1] = '?' .. pending.request .. '\254' .. pending.since .. '\254' .. pending.version .. '\254' .. pending.names .. '\255'
    end
  end
  local lease = till > 0 and contact.holder .. '\255' .. text_of(till) or '\2550'
  local text = contact.id .. '\255' .. lease .. '\255' .. table.concat(lines)
  if #lines > 0 or contact.id ~= '' then
    redis.call('SET', key, text, 'PX', retention)
  elseif till > 0 then
    redis.call('SET', key, text, 'PX', text_of(till - now))
  else
    redis.call('DEL', key)
  end
end

-- What may have been written of a version, by requests other than this one, as a single entry that nobody answers for.
local function disown(contact, request, version, since)
  local names
  for _, pending in ipairs(contact.pending) do
    if pending.version == version and pending.request ~= request then
      names = names and union(names, pending.names) or pending.names
      pending.names = ''
    end
  end
  if names then
    contact.pending[#contact.pending + 1] = { request = '', since = since, version = version, names = names }
  end
end
