-- Tells for each contact what of it would be written if it came now, without leasing or changing anything.
-- KEYS  the contacts, as in guard.lua
-- ARGV  for each contact what would be written, as in claim.lua: version FE names FF for each version, where FE ends each name
-- Reply for each contact letters, a space, and the record id or nothing. The letters stand for the names as they were sent: N newer,
--       W written, C written by the version that created the contact, O outdated.

-- The letter of a name: HubSpot has at most one version of each.
local function letter_of(contact, version, name)
  for _, stamp in ipairs(contact.stamps) do
    if find('\254' .. stamp.names, '\254' .. name .. '\254', 1, true) then
      if stamp.version == version then
        return stamp.mark == '+' and 'C' or 'W'
      end
      return is_older(version, stamp.version) and 'O' or 'N'
    end
  end
  return 'N'
end

local texts, reply = redis.call('MGET', unpack(KEYS)), {}
for position in ipairs(KEYS) do
  local contact, letters = read(texts[position]), {}
  for version, names in versions(ARGV[position]) do
    for name in each(names) do
      letters[#letters + 1] = letter_of(contact, version, name)
    end
  end
  reply[position] = table.concat(letters) .. ' ' .. contact.id
end
return reply
