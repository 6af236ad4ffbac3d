-- One page of leads, in the order of a score or of recency, that have all the facts asked for.
-- KEYS: the prefix of all keys. ARGV: the order (`by:total`, `recent`), 1 for falling, how many, the number and the id after which to go on (or two empty
-- texts), how many leads may be looked at, then facts: `stage=hot`, or `word=ann` for the beginning of a word.
-- Returns the page: {number and id to go on after, or empty; when the view had everything, in ms}, {facts and history
-- of each lead}, {what else is kept of it, packed}; false: there is no view.
-- A filter that few leads pass gives its leads, which are put in order here; otherwise the order is walked, and what does not pass is
-- left out, for so many leads as may be looked at: then the page may be short, and the next one goes on from there.

local prefix, order, falling, limit = KEYS[1], ARGV[1], ARGV[2] == '1', tonumber(ARGV[3])
local after_number, after_id, looked_at_max = ARGV[4], ARGV[5], tonumber(ARGV[6])
local FEW, CHUNK, READ_COST = 500, 200, 4
local call, sub = redis.call, string.sub
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

-- The filters: where they keep their leads, and how many those are.
local filters, least, by_total = {}, nil, nil
for i = 7, #ARGV do
  local fact = ARGV[i]
  local kind = string.match(fact, '^%a+')
  local filter = {kind = kind, key = prefix .. 'in:' .. fact}
  if kind == 'word' then
    filter.needle, filter.key = '\n' .. fact, prefix .. 'words'
    filter.from, filter.to = '[' .. sub(fact, 6), '[' .. sub(fact, 6) .. '\255'
    filter.size = call('ZLEXCOUNT', filter.key, filter.from, filter.to)
  elseif kind == 'category' or kind == 'stage' then
    filter.size = call('SCARD', filter.key)
    filter.band_of = kind == 'stage' and sub(fact, 7)
  else
    filter.is_by_total, filter.size = true, call('ZCARD', filter.key)
    if not by_total or filter.size < by_total.size then by_total = filter end
  end
  if not least or filter.size < least.size then least = filter end
  -- Words last: to look for one the lead's facts are read, of as few leads as possible.
  table.insert(filters, kind == 'word' and #filters + 1 or 1, filter)
end

-- Whether a word of the lead begins so: its facts stand first in what is kept of it.
local function has_word(kept, needle)
  local found = kept and string.find(kept, needle, 1, true)
  return found and found < string.find(kept, '\0', 1, true)
end

local function leads_of(filter)
  if filter.is_by_total then return call('ZRANGE', filter.key, 0, -1) end
  if filter.kind ~= 'word' then return call('SMEMBERS', filter.key) end
  local found, seen = {}, {}
  for _, member in ipairs(call('ZRANGEBYLEX', filter.key, filter.from, filter.to)) do
    local id = sub(member, string.find(member, '\0', 1, true) + 1)
    if not seen[id] then seen[id] = true; found[#found + 1] = id end
  end
  return found
end

local function chosen(from, is_in)
  local found = {}
  for i, id in ipairs(from) do
    if is_in(i) then found[#found + 1] = id end
  end
  return found
end

-- Those that pass all filters but the one that gave them.
local function passing(found, source)
  for _, filter in ipairs(filters) do
    if filter == source or #found == 0 then
    elseif filter.needle then
      local facts = call('HMGET', prefix .. 'facts', unpack(found))
      found = chosen(found, function(i) return has_word(facts[i], filter.needle) end)
    elseif filter.is_by_total then
      local totals = call('ZMSCORE', filter.key, unpack(found))
      found = chosen(found, function(i) return totals[i] end)
    else
      local is_in = call('SMISMEMBER', filter.key, unpack(found))
      found = chosen(found, function(i) return is_in[i] == 1 end)
    end
  end
  return found
end

local ids, next_number, next_id = {}, '', ''
local ordered_by = prefix .. order

local function few()
  local candidates = passing(leads_of(least), least)
  if #candidates == 0 then return end
  local found = {}
  for i, number in ipairs(call('ZMSCORE', ordered_by, unpack(candidates))) do
    local id = candidates[i]
    if number and (after_id == '' or is_before(tonumber(after_number), after_id, tonumber(number), id)) then
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

-- The totals between which the leads of a filter are, and perhaps others: those of a stage are a band.
local function bounds(filter)
  if filter.band_of then
    return call('ZSCORE', prefix .. 'lowest', filter.band_of), call('ZSCORE', prefix .. 'highest', filter.band_of)
  elseif filter.is_by_total then
    local lowest, highest = call('ZRANGE', filter.key, 0, 0, 'WITHSCORES'), call('ZRANGE', filter.key, 0, 0, 'REV', 'WITHSCORES')
    return lowest[2], highest[2]
  end
end

-- Between which ranks the leads must be.
local function ranks(key, length)
  local first, last = 0, length
  for _, filter in ipairs(order == 'by:total' and filters or {}) do
    local lowest, highest = bounds(filter)
    if lowest then
      local above, below = call('ZCOUNT', key, '(' .. highest, '+inf'), call('ZCOUNT', key, '-inf', '(' .. lowest)
      first, last = math.max(first, falling and above or below), math.min(last, length - (falling and below or above))
    end
  end
  return first, last
end

local function walk(source, key)
  local length = call('ZCARD', key)
  local first, last = ranks(key, length)
  local rank, looked_at = math.max(first, rank_after(key, length)), 0
  -- Where the source and the ranks are all that was asked for, nearly all leads pass.
  local size = limit
  for _, filter in ipairs(filters) do
    if filter ~= source and not (filter.band_of and order == 'by:total') then size = CHUNK end
  end
  local cost = #filters > 0 and filters[#filters].needle and READ_COST or 1
  while rank < last and #ids < limit and looked_at < looked_at_max do
    local stop = math.min(rank + size, last) - 1
    local chunk = falling and call('ZRANGE', key, rank, stop, 'REV', 'WITHSCORES') or call('ZRANGE', key, rank, stop, 'WITHSCORES')
    local found, number_of, place_of = {}, {}, {}
    for i = 1, #chunk, 2 do
      local id = chunk[i]
      found[#found + 1], number_of[id], place_of[id] = id, chunk[i + 1], #found + 1
    end
    local last_id, used = found[#found], #found
    for _, id in ipairs(passing(found, source)) do
      ids[#ids + 1] = id
      if #ids == limit then
        last_id, used = id, place_of[id]
        break
      end
    end
    next_number, next_id = number_of[last_id], last_id
    rank, looked_at = rank + used, looked_at + used * cost
  end
  if rank >= last then next_number, next_id = '', '' end
end

if least and least.size <= FEW then few()
elseif by_total and order == 'by:total' then walk(by_total, by_total.key)
else walk(nil, ordered_by) end

local since = call('HMGET', prefix .. 'state', 'complete_ms', 'began_ms')
local head = {next_number, next_id, since[1] or since[2]}
if #ids == 0 then return {head, {}, {}} end
return {head, call('HMGET', prefix .. 'facts', unpack(ids)), call('HMGET', prefix .. 'leads', unpack(ids))}
