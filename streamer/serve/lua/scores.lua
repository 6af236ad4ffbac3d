-- Applies one batch of `lead-scores`, of one partition, whole or not at all. A lead is in a batch at most once.
-- KEYS: the prefix of all keys. ARGV: epoch, place, the offset that the caller believes applied, the offset after the batch, the batch,
-- the bytes and number of history points, the step between them in ms, then what a reader sees of each lead, packed.
-- Returns the offset that is applied now; one that is before the caller's means that the view lost something; false: the view is gone.

local prefix, epoch, place, believed, after = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local POINT, POINTS_MAX, STEP_MS = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local ERASED_KEPT_MS = 3600000

if redis.call('GET', prefix .. 'epoch') ~= epoch then return false end
local applied = tonumber(redis.call('HGET', prefix .. 'offsets', place) or believed)
if applied < believed or applied >= after then return applied end

local call, find, sub, match, gmatch = redis.call, string.find, string.sub, string.match, string.gmatch
local FACTS, LEADS, WORDS = prefix .. 'facts', prefix .. 'leads', prefix .. 'words'
local RECENT, BY, GROUP = prefix .. 'recent', prefix .. 'by:', prefix .. 'in:'

-- What is to be written, by command and key: one call for all leads of the batch costs a fraction of one for each.
-- No two of them touch the same member, so their order is of no matter.
local pending = {HSET = {}, HDEL = {}, ZADD = {}, ZREM = {}, SADD = {}, SREM = {}}

local function later(command, key, first, second)
  local call_of = pending[command]
  local arguments = call_of[key]
  if not arguments then arguments = {}; call_of[key] = arguments end
  arguments[#arguments + 1] = first
  if second then arguments[#arguments + 1] = second end
end

-- How many leads more, or fewer, have a fact, and the totals between which the leads of a stage are; written once a batch.
local tally, lowest, highest = {}, {}, {}

local function count(fact, one) tally[fact] = (tally[fact] or 0) + one end

local function gain(id, fact)
  local kind = match(fact, '^%a+')
  if kind == 'word' then return later('ZADD', WORDS, 0, sub(fact, 6) .. '\0' .. id) end
  if kind == 'by' then return end
  if kind == 'category' or kind == 'stage' then later('SADD', GROUP .. fact, id) end
  count(fact, 1)
end

local function lose(id, fact)
  local kind = match(fact, '^%a+')
  if kind == 'word' then return later('ZREM', WORDS, sub(fact, 6) .. '\0' .. id) end
  if kind == 'by' then return later('ZREM', BY .. sub(fact, 4), id) end
  if kind == 'category' or kind == 'stage' then later('SREM', GROUP .. fact, id)
  elseif kind ~= 'rule' then later('ZREM', GROUP .. fact, id) end
  count(fact, -1)
end

-- Facts are what stands before the first NUL.
local function change(id, old, new)
  old, new = match(old, '^%Z*'), match(new, '^%Z*')
  local had = {}
  for fact in gmatch(old, '[^\n]+') do had[fact] = true end
  for fact in gmatch(new, '[^\n]+') do
    if had[fact] then had[fact] = nil else gain(id, fact) end
  end
  for fact in pairs(had) do lose(id, fact) end
end

-- A stage is a band of totals: its leads are a plain set, and who walks the totals need not look outside the band.
local function widen(stage, total)
  lowest[stage] = math.min(lowest[stage] or total, total)
  highest[stage] = math.max(highest[stage] or total, total)
end

-- Points have a fixed length; each is a change of the total.
local function with_point(history, point)
  if sub(history, -14, -3) == sub(point, -14, -3) then return history end
  -- Points that come faster than the step replace the newest: what is kept covers a time that is worth looking at.
  local before_ms = #history >= 2 * POINT and tonumber(sub(history, 1 - 2 * POINT, 15 - 2 * POINT))
  if before_ms and tonumber(sub(point, 2, 16)) - before_ms < STEP_MS then history = sub(history, 1, -1 - POINT) end
  return sub(history .. point, -POINT * POINTS_MAX)
end

-- A lead's facts with when it began, and its history after them: each of the first two ends with a NUL.
local function known(kept)
  if not kept then return '', '' end
  local before = find(kept, '\0', find(kept, '\0', 1, true) + 1, true)
  return sub(kept, 1, before), sub(kept, before + 1)
end

local changed = 0

local function put(entry, kept, packed)
  local _, id, total, recent_ms, points, stage, groups, numbers, facts = unpack(entry)
  local old_facts, history = known(kept)
  if old_facts ~= facts then change(id, old_facts, facts) end
  -- Redis sees by itself which numbers have not changed, sooner than we would.
  for i = 1, #numbers, 2 do later('ZADD', BY .. numbers[i], numbers[i + 1], id) end
  for _, group in ipairs(groups) do later('ZADD', GROUP .. group, total, id) end
  widen(sub(stage, 7), tonumber(total))
  for i = 1, #points, 2 do
    if points[i] >= applied then changed, history = changed + 1, with_point(history, points[i + 1]) end
  end
  later('HSET', FACTS, id, facts .. history)
  later('HSET', LEADS, id, packed)
  later('ZADD', RECENT, recent_ms, id)
end

local function remove(id, time_ms, kept)
  changed = changed + 1
  change(id, known(kept), '')
  later('HDEL', FACTS, id)
  later('HDEL', LEADS, id)
  later('ZREM', RECENT, id)
  for _, member in ipairs(call('ZRANGE', prefix .. 'alerts_of:' .. id, 0, -1)) do
    call('ZREM', prefix .. 'alerts', member)
    call('HDEL', prefix .. 'alert', sub(member, 1, 32))
  end
  call('DEL', prefix .. 'alerts_of:' .. id)
  -- An alert of the lead may still be on its way here on the other topic.
  call('ZADD', prefix .. 'erased', time_ms, id)
  call('ZREMRANGEBYSCORE', prefix .. 'erased', '-inf', time_ms - ERASED_KEPT_MS)
end

local entries, ids, blobs, blob = {}, {}, {}, 9
for _, entry in ipairs(cmsgpack.unpack(ARGV[5])) do
  local is_removal = #entry == 3
  if entry[1] >= applied then
    entries[#entries + 1], ids[#ids + 1], blobs[#blobs + 1] = entry, entry[2], is_removal and 0 or blob
  end
  if not is_removal then blob = blob + 1 end
end
local kept = #ids > 0 and call('HMGET', FACTS, unpack(ids))
for i, entry in ipairs(entries) do
  if blobs[i] == 0 then remove(entry[2], entry[3], kept[i]) else put(entry, kept[i], ARGV[blobs[i]]) end
end
for command, call_of in pairs(pending) do
  for key, arguments in pairs(call_of) do call(command, key, unpack(arguments)) end
end
for stage, total in pairs(lowest) do
  call('ZADD', prefix .. 'lowest', 'LT', total, stage)
  call('ZADD', prefix .. 'highest', 'GT', highest[stage], stage)
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
