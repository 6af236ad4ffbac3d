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

local call, find, sub = redis.call, string.find, string.sub
local FACTS, CARDS, LEADS, HISTORY = prefix .. 'facts', prefix .. 'cards', prefix .. 'leads', prefix .. 'history'
local TOTAL, RECENT, BY, GROUP, WORDS = prefix .. 'by:total', prefix .. 'recent', prefix .. 'by:', prefix .. 'in:', prefix .. 'words'

local function gain(id, kind, fact)
  if kind == 'word' then call('ZADD', WORDS, 0, sub(fact, 6) .. '\0' .. id)
  else call('ZINCRBY', prefix .. 'values:' .. kind, 1, sub(fact, #kind + 2)) end
end

local function lose(id, kind, fact)
  local name = sub(fact, #kind + 2)
  if kind == 'word' then call('ZREM', WORDS, name .. '\0' .. id) return end
  if kind == 'by' then call('ZREM', BY .. name, id)
  elseif kind ~= 'rule' then call('ZREM', GROUP .. fact, id) end
  if tonumber(call('ZINCRBY', prefix .. 'values:' .. kind, -1, name)) <= 0 then call('ZREM', prefix .. 'values:' .. kind, name) end
end

local function change(id, old, new)
  local had = {}
  for fact in string.gmatch(old, '[^\n]+') do had[fact] = true end
  for fact in string.gmatch(new, '[^\n]+') do
    if had[fact] then had[fact] = nil else gain(id, string.match(fact, '^%a+'), fact) end
  end
  for fact in pairs(had) do lose(id, string.match(fact, '^%a+'), fact) end
end

local function remember(id, point)
  local history = call('HGET', HISTORY, id) or ''
  if #history > 0 and sub(history, -14, -3) == sub(point, -14, -3) then return end
  -- Points that come faster than the step replace the newest: what is kept covers a time that is worth looking at.
  local before_ms = #history >= 2 * POINT and tonumber(sub(history, 1 - 2 * POINT, 15 - 2 * POINT))
  if before_ms and tonumber(sub(point, 2, 16)) - before_ms < STEP_MS then history = sub(history, 1, -1 - POINT) end
  call('HSET', HISTORY, id, sub(history .. point, -POINT * POINTS_MAX))
end

local function put(entry, card, lead)
  local _, id, total, recent_ms, point, facts, groups, scores = unpack(entry)
  local old = call('HGET', FACTS, id)
  if old ~= facts then
    change(id, old or '', facts)
    call('HSET', FACTS, id, facts)
  end
  call('HSET', CARDS, id, card)
  call('HSET', LEADS, id, lead)
  remember(id, point)
  call('ZADD', TOTAL, total, id)
  call('ZADD', RECENT, recent_ms, id)
  for _, group in ipairs(groups) do call('ZADD', GROUP .. group, total, id) end
  for i = 1, #scores, 2 do call('ZADD', BY .. scores[i], scores[i + 1], id) end
end

local function remove(id, time_ms)
  change(id, call('HGET', FACTS, id) or '', '')
  for _, key in ipairs({FACTS, CARDS, LEADS, HISTORY}) do call('HDEL', key, id) end
  call('ZREM', TOTAL, id)
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
call('INCRBY', prefix .. 'changes', changed)
call('HSET', prefix .. 'offsets', place, after)
return after
