-- One page of leads, in the order of a score or of recency, that have all the facts asked for.
-- KEYS: the prefix of all keys. ARGV: the order (`by:total`, `recent`), 1 for falling, how many, the number and the id after which to go on (or two empty
-- texts), how many leads may be looked at, then facts: `stage=hot`, or `word=ann` for the beginning of a word.
-- Returns the page: {number and id to go on after, or empty; when the view had everything, in ms}, {cards}; false: there is no view.
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

-- What must be found in a lead's facts, and the filter that the fewest leads pass: its size, what gives its leads, and the smallest one
-- that is itself in the order of the total.
local needles, least, leads_of, by_total, by_total_size = {}, math.huge, nil, nil, math.huge
local function consider(size, give)
  if size < least then least, leads_of = size, give end
end

local function of_word(word)
  local from, to = '[' .. word, '[' .. word .. '\255'
  consider(call('ZLEXCOUNT', prefix .. 'words', from, to), function()
    local found, seen = {}, {}
    for _, member in ipairs(call('ZRANGEBYLEX', prefix .. 'words', from, to)) do
      local id = string.sub(member, string.find(member, '\0', 1, true) + 1)
      if not seen[id] then seen[id] = true; found[#found + 1] = id end
    end
    return found
  end)
end

for i = 7, #ARGV do
  local fact, key = ARGV[i], prefix .. 'in:' .. ARGV[i]
  local kind = string.match(fact, '^%a+')
  needles[#needles + 1] = '\n' .. fact .. (kind == 'word' and '' or '\n')
  if kind == 'word' then of_word(string.sub(fact, 6))
  elseif kind == 'category' then consider(call('SCARD', key), function() return call('SMEMBERS', key) end)
  else
    local size = call('ZCARD', key)
    consider(size, function() return call('ZRANGE', key, 0, -1) end)
    if size < by_total_size then by_total, by_total_size = key, size end
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
  local candidates = leads_of()
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
elseif by_total and order == 'by:total' then walk(by_total)
else walk(ordered_by) end

local since = call('HMGET', prefix .. 'state', 'complete_ms', 'began_ms')
local head = {next_number, next_id, since[1] or since[2]}
return {head, #ids > 0 and call('HMGET', prefix .. 'cards', unpack(ids)) or {}}
