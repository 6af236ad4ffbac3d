-- One page of leads, in the order of a score or of recency, that have all the facts asked for.
-- KEYS: the prefix of all keys. ARGV: the order (`by:total`, `recent`), 1 for falling, how many, the number and the id after which to go on (or two empty
-- texts), how many leads may be looked at, then facts: `stage=hot`, or `word=ann` for the beginning of a word.
-- Returns the page: {number and id to go on after, or empty; when the view had everything, in ms}, {cards}, {histories}; false: there is no view.
-- A filter that few leads pass gives its leads, which are put in order here; otherwise the order is walked, and what does not pass is
-- left out, for so many leads as may be looked at: then the page may be short, and the next one goes on from there.

local prefix, order, falling, limit = KEYS[1], ARGV[1], ARGV[2] == '1', tonumber(ARGV[3])
local after_number, after_id, looked_at_max = ARGV[4], ARGV[5], tonumber(ARGV[6])
local FEW, CHUNK = 1000, 250
local call = redis.call
if call('EXISTS', prefix .. 'epoch') == 0 then return false end

-- Bytes, as Redis orders equals; Lua's own comparison depends on the machine's language.
local function is_less(one, other)
  for i = 1, math.min(#one, #other) do
    local a, b = string.byte(one, i), string.byte(other, i)
    if a ~= b then return a < b end
  end
  return #one < #other
end

local function is_before(number, id, other_number, other_id)
  if number ~= other_number then
    if falling then return number > other_number end
    return number < other_number
  end
  if id == other_id then return false end
  return is_less(id, other_id) ~= falling
end

-- What must be found in a lead's facts, and the filter that the fewest leads pass.
local needles, least, group, group_size, word = {}, math.huge, nil, math.huge, nil
for i = 7, #ARGV do
  local fact = ARGV[i]
  if string.sub(fact, 1, 5) == 'word=' then
    needles[#needles + 1] = '\n' .. fact
    local size = call('ZLEXCOUNT', prefix .. 'words', '[' .. string.sub(fact, 6), '[' .. string.sub(fact, 6) .. '\255')
    if size < least then least, word = size, string.sub(fact, 6) end
  else
    needles[#needles + 1] = '\n' .. fact .. '\n'
    local size = call('ZCARD', prefix .. 'in:' .. fact)
    if size < group_size then group, group_size = prefix .. 'in:' .. fact, size end
    if size < least then least, word = size, nil end
  end
end

local function passes(facts)
  if not facts then return false end
  for _, needle in ipairs(needles) do
    if not string.find(facts, needle, 1, true) then return false end
  end
  return true
end

local ids, numbers, next_number, next_id = {}, {}, '', ''
local ordered_by = prefix .. order

local function few()
  local candidates, seen = {}, {}
  if word then
    for _, member in ipairs(call('ZRANGEBYLEX', prefix .. 'words', '[' .. word, '[' .. word .. '\255')) do
      local id = string.sub(member, string.find(member, '\0', 1, true) + 1)
      if not seen[id] then seen[id] = true; candidates[#candidates + 1] = id end
    end
  else candidates = call('ZRANGE', group, 0, -1) end
  if #candidates == 0 then return end
  local facts = call('HMGET', prefix .. 'facts', unpack(candidates))
  local found_numbers = call('ZMSCORE', ordered_by, unpack(candidates))
  local found = {}
  for i, id in ipairs(candidates) do
    local number = found_numbers[i]
    if number and passes(facts[i]) and (after_id == '' or is_before(tonumber(after_number), after_id, tonumber(number), id)) then
      found[#found + 1] = {tonumber(number), id, number}
    end
  end
  table.sort(found, function(a, b) return is_before(a[1], a[2], b[1], b[2]) end)
  for i = 1, math.min(limit, #found) do ids[i] = found[i][2] end
  if #found > limit then next_number, next_id = found[limit][3], found[limit][2] end
end

-- How many of the order stand at the cursor or before it: the cursor's lead may have moved on, or be gone.
local function rank_after(key, length)
  if after_id == '' then return 0 end
  local number, low, high = tonumber(after_number), 0, length
  while low < high do
    local middle = math.floor((low + high) / 2)
    local at = falling and call('ZRANGE', key, middle, middle, 'REV', 'WITHSCORES') or call('ZRANGE', key, middle, middle, 'WITHSCORES')
    if is_before(number, after_id, tonumber(at[2]), at[1]) then high = middle else low = middle + 1 end
  end
  return low
end

local function walk(key)
  local length = call('ZCARD', key)
  local rank, looked_at = rank_after(key, length), 0
  while rank < length and #ids < limit and looked_at < looked_at_max do
    local size = #needles > 0 and CHUNK or limit - #ids
    local chunk = falling and call('ZRANGE', key, rank, rank + size - 1, 'REV', 'WITHSCORES') or call('ZRANGE', key, rank, rank + size - 1, 'WITHSCORES')
    local chunk_ids = {}
    for i = 1, #chunk, 2 do chunk_ids[#chunk_ids + 1] = chunk[i] end
    local facts = #needles > 0 and call('HMGET', prefix .. 'facts', unpack(chunk_ids))
    for i, id in ipairs(chunk_ids) do
      rank, looked_at = rank + 1, looked_at + 1
      next_number, next_id = chunk[2 * i], id
      if not facts or passes(facts[i]) then ids[#ids + 1] = id end
      if #ids == limit then break end
    end
  end
  if rank >= length then next_number, next_id = '', '' end
end

if least <= FEW then few()
elseif group and order == 'by:total' then walk(group)
else walk(ordered_by) end

local since = call('HMGET', prefix .. 'state', 'complete_ms', 'began_ms')
local head = {next_number, next_id, since[1] or since[2]}
if #ids == 0 then return {head, {}, {}} end
return {head, call('HMGET', prefix .. 'cards', unpack(ids)), call('HMGET', prefix .. 'history', unpack(ids))}
