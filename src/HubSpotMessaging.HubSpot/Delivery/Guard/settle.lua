-- Records what became of contacts that a request has claimed, and ends its leases, or lets them end later. Harmless when repeated, and
-- when the leases are somebody else's by now.
-- KEYS  the contacts, as in guard.lua
-- ARGV  1 request  2 for how many ms longer nobody else may have the contacts, or 0  3 retention in ms
--       4 and so on, for each contact what became of it: = or + (created, by the oldest of its versions) and its record id: accepted; D: not written;
--       R: refused, as it will be whenever it comes; U: unknown
-- Reply none
local request, keep, retention = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local now = now()

-- HubSpot has a version of these names. What it has newer ones of stays; what is not newer is over, whether stamped or pending.
local function stamp(contact, mark, version, names)
  local mine, target = names, nil
  for _, other in ipairs(contact.stamps) do
    if other.version == version then
      target = other
    elseif is_older(other.version, version) then
      other.names = without(other.names, names)
    else
      mine = without(mine, other.names)
    end
  end
  for _, pending in ipairs(contact.pending) do
    if not is_older(version, pending.version) then
      pending.names = without(pending.names, names)
    end
  end
  if target then
    target.names = union(target.names, mine)
    target.mark = mark == '+' and mark or target.mark
  else
    contact.stamps[#contact.stamps + 1] = { mark = mark, version = version, names = mine }
  end
end

local function settle(contact, outcome)
  local mark = sub(outcome, 1, 1)
  local mine, others = {}, {}
  for _, pending in ipairs(contact.pending) do
    local list = pending.request == request and mine or others
    list[#list + 1] = pending
  end
  if mark == 'U' then
    for _, pending in ipairs(mine) do
      disown(contact, nil, pending.version, text_of(now))
    end
    return
  end
  contact.pending = others
  if mark == '=' or mark == '+' then
    if #mine > 0 or contact.id == '' then
      contact.id = sub(outcome, 2)
    end
    local oldest
    for _, pending in ipairs(mine) do
      oldest = oldest and is_older(oldest, pending.version) and oldest or pending.version
    end
    for _, pending in ipairs(mine) do
      stamp(contact, pending.version == oldest and mark or '=', pending.version, pending.names)
    end
  elseif mark == 'R' then
    for _, pending in ipairs(mine) do
      for _, other in ipairs(others) do
        if other.version == pending.version then
          other.names = ''
        end
      end
    end
  end
end

local texts = redis.call('MGET', unpack(KEYS))
for position, key in ipairs(KEYS) do
  local contact = read(texts[position])
  settle(contact, ARGV[3 + position])
  if contact.holder == request or contact.till <= now then
    contact.holder, contact.till = request, keep > 0 and now + keep or 0
  end
  write(key, contact, now, retention)
end
