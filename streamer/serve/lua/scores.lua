-- Applies one batch of `lead-scores`, of one partition, whole or not at all.
-- KEYS: the prefix of all keys. ARGV: epoch, place, the offset that the caller believes applied, the offset after the batch, the batch,
-- the bytes and number of history points, the step between them in ms, then each lead's card and whole state.
-- Returns the offset that is applied now; one that is before the caller's means that the view lost something; false: the view is gone.

local prefix, epoch, place, believed, after = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local POINT, POINTS_MAX, STEP_MS = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local ERASED_KEPT_MS = 3600000

if redis.call('GET', prefix .. 'epoch') ~= epoch then return false end
local applied = tonumber(redis.call('HGET', prefix .. 'offsets', place) or believed)
if applied < believed or applied >= after then return applied end

local call, find, sub, match, gmatch = redis.call, string.find, string.sub, string.match, string.gmatch
local FACTS, CARDS, LEADS, WORDS = prefix .. 'facts', prefix .. 'cards', prefix .. 'leads', prefix .. 'words'
local TOTAL, RECENT, BY, GROUP = prefix .. 'by:total', prefix .. 'recent', prefix .. 'by:', prefix .. 'in:'

-- How many leads more, or fewer, have a fact; written once a batch.
local tally = {}

local function count(fact, one) tally[fact] = (tally[fact] or 0) + one end

local function gain(id, fact, total)
  local kind = match(fact, '^%a+')
  if kind == 'word' then call('ZADD', WORDS, 0, sub(fact, 6) .. '\0' .. id) return end
  if kind == 'category' then call('SADD', GROUP .. fact, id)
  elseif kind ~= 'rule' then call('ZADD', GROUP .. fact, total, id) end
  count(fact, 1)
end

local function lose(id, fact)
  local kind = match(fact, '^%a+')
  if kind == 'word' then call('ZREM', WORDS, sub(fact, 6) .. '\0' .. id) return end
  if kind == 'category' then call('SREM', GROUP .. fact, id)
  elseif kind ~= 'rule' then call('ZREM', GROUP .. fact, id) end
  count(fact, -1)
end

local function change(id, old, new, total)
  local had = {}
  for fact in gmatch(old, '[^\n]+') do had[fact] = true end
  for fact in gmatch(new, '[^\n]+') do
    if had[fact] then had[fact] = nil else gain(id, fact, total) end
  end
  for fact in pairs(had) do lose(id, fact) end
end

-- Lines of a score's name, a tab, its number.
local function renumber(id, old, new)
  for line in gmatch(new, '[^\n]+') do
    if not find(old, '\n' .. line .. '\n', 1, true) then
      local name, number = match(line, '^(.*)\t(.*)$')
      call('ZADD', BY .. name, number, id)
    end
  end
  for name in gmatch(old, '([^\n]*)\t') do
    if not find(new, '\n' .. name .. '\t', 1, true) then call('ZREM', BY .. name, id) end
  end
end

-- What stands before the card is the lead's history: points of a fixed length, each a change of the total.
local function with_history(id, point, card)
  local old = call('HGET', CARDS, id)
  if not old then return point .. card end
  local history = sub(old, 1, find(old, '{', 1, true) - 1)
  if sub(history, -14, -3) == sub(point, -14, -3) then return history .. card end
  -- Points that come faster than the step replace the newest: what is kept covers a time that is worth looking at.
  local before_ms = #history >= 2 * POINT and tonumber(sub(history, 1 - 2 * POINT, 15 - 2 * POINT))
  if before_ms and tonumber(sub(point, 2, 16)) - before_ms < STEP_MS then history = sub(history, 1, -1 - POINT) end
  return sub(history .. point, -POINT * POINTS_MAX) .. card
end

local function known(id)
  local kept = call('HGET', FACTS, id)
  if not kept then return '', '', '' end
  return kept, match(kept, '^(.*)%z(.*)$')
end

local function put(entry, card, lead)
  local _, id, total, recent_ms, point, facts, numbers, groups = unpack(entry)
  local new = facts .. '\0' .. numbers
  local old, old_facts, old_numbers = known(id)
  if old ~= new then
    if old_facts ~= facts then change(id, old_facts, facts, total) end
    if old_numbers ~= numbers then
      renumber(id, old_numbers, numbers)
      if not find(old_numbers, '\ntotal\t' .. total .. '\n', 1, true) then
        for _, group in ipairs(groups) do call('ZADD', GROUP .. group, total, id) end
      end
    end
    call('HSET', FACTS, id, new)
  end
  call('HSET', CARDS, id, with_history(id, point, card))
  call('HSET', LEADS, id, lead)
  call('ZADD', RECENT, recent_ms, id)
end

local function remove(id, time_ms)
  local _, facts, numbers = known(id)
  change(id, facts, '')
  renumber(id, numbers, '')
  for _, key in ipairs({FACTS, CARDS, LEADS}) do call('HDEL', key, id) end
  call('ZREM', RECENT, id)
  for _, member in ipairs(call('ZRANGE', prefix .. 'alerts_of:' .. id, 0, -1)) do
    call('ZREM', prefix .. 'alerts', member)
    call('HDEL', prefix .. 'alert', sub(member, 1, 32))
  end
  call('DEL', prefix .. 'alerts_of:' .. id)
  -- An alert of the lead may still be on its way here on the other topic.
  call('ZADD', prefix .. 'erased', time_ms, id)
  call('ZREMRANGEBYSCORE', prefix .. 'erased', '-inf', time_ms - ERASED_KEPT_MS)
end

local changed, blob = 0, 9
for _, entry in ipairs(cmsgpack.unpack(ARGV[5])) do
  local is_removal, is_new = #entry == 3, entry[1] >= applied
  if is_new then
    changed = changed + 1
    if is_removal then remove(entry[2], entry[3]) else put(entry, ARGV[blob], ARGV[blob + 1]) end
  end
  if not is_removal then blob = blob + 2 end
end
for fact, more in pairs(tally) do
  if more ~= 0 then
    local kind = match(fact, '^%a+')
    local values, name = prefix .. 'values:' .. kind, sub(fact, #kind + 2)
    if tonumber(call('ZINCRBY', values, more, name)) <= 0 then call('ZREM', values, name) end
  end
end
call('INCRBY', prefix .. 'changes', changed)
call('HSET', prefix .. 'offsets', place, after)
return after
