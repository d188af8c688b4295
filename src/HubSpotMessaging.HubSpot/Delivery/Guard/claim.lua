-- Tells for each contact what of it may be written, and leases those of which something may.
-- KEYS  the contacts, as in guard.lua
-- ARGV  1 request  2 duration of a lease in ms  3 retention in ms  4 for how many ms what may have been written is waited for
--       5 and so on, for each contact what is to be written: version FE names FF for each version, where FE ends each name
-- Reply for each contact 'B': leased to another request, 'D': something newer than one of its versions may have been written, or letters, a space, and the record id or nothing. The letters stand for the names as they were
--       sent: N newer, W written, C written by the version that created the contact, O outdated; one A stands for all the names
--       of a version when all are newer. Leased is what has an N or an A.
local request, lease, retention, patience = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local now = now()
local since = text_of(now)

-- The letters of a version's names, and the names that are newer.
local function compare(contact, version, names)
  local held
  for _, stamp in ipairs(contact.stamps) do
    local letter = stamp.version == version and (stamp.mark == '+' and 'C' or 'W') or is_older(version, stamp.version) and 'O'
    if letter then
      held = held or {}
      for name in each(stamp.names) do
        held[name] = letter
      end
    end
  end
  if not held then
    return 'A', names
  end
  local letters, newer = {}, {}
  for name in each(names) do
    local letter = held[name] or 'N'
    letters[#letters + 1] = letter
    if letter == 'N' then
      newer[#newer + 1] = name .. '\254'
    end
  end
  return table.concat(letters), table.concat(newer)
end

-- Whether something newer may have been written, of which whoever wrote it has not told yet. Its command comes again.
local function is_doubtful(contact, version, names)
  for _, pending in ipairs(contact.pending) do
    if pending.request ~= request and tonumber(pending.since) + patience > now and is_older(version, pending.version)
      and without(names, pending.names) ~= names then
      return true
    end
  end
  return false
end

local function claim(key, text, writes)
  local contact = read(text)
  local letters, mine = {}, {}
  for version, names in versions(writes) do
    local some, newer = compare(contact, version, names)
    letters[#letters + 1] = some
    if newer ~= '' then
      if contact.till > now and contact.holder ~= request then
        return 'B'
      elseif is_doubtful(contact, version, newer) then
        return 'D'
      end
      mine[#mine + 1] = { request = request, since = since, version = version, names = newer }
    end
  end
  if #mine > 0 then
    for _, pending in ipairs(mine) do
      disown(contact, request, pending.version, since)
      for _, before in ipairs(contact.pending) do
        if before.request == request and before.version == pending.version then
          pending.names, before.names = union(pending.names, before.names), ''
        end
      end
      contact.pending[#contact.pending + 1] = pending
    end
    contact.holder, contact.till = request, now + lease
    write(key, contact, now, retention)
  end
  return table.concat(letters) .. ' ' .. contact.id
end

local texts, reply = redis.call('MGET', unpack(KEYS)), {}
for position, key in ipairs(KEYS) do
  reply[position] = claim(key, texts[position], ARGV[4 + position])
end
return reply
