-- Applies one batch of `lead-alerts`, of one partition, whole or not at all; repeats of an alert id change nothing.
-- KEYS: the prefix of all keys. ARGV: epoch, place, the offset that the caller believes applied, the offset after the batch, the batch,
-- how many alerts, delays and news are kept, then each alert. Returns as `scores.lua` does.

local prefix, epoch, place, believed, after = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local ALERTS_MAX, DELAYS_MAX, NEWS_MAX = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local HOUR_KEPT_S = 25 * 3600

if redis.call('GET', prefix .. 'epoch') ~= epoch then return false end
local applied = tonumber(redis.call('HGET', prefix .. 'offsets', place) or believed)
if applied < believed or applied >= after then return applied end

local call = redis.call
local ALERT, ALERTS, OF = prefix .. 'alert', prefix .. 'alerts', prefix .. 'alerts_of:'

local function is_of_erased(lead, time_ms, is_news, begun_by)
  local erased_ms = call('ZSCORE', prefix .. 'erased', lead)
  if erased_ms and time_ms <= tonumber(erased_ms) then return true end
  if is_news then return false end
  -- Scores follow an alert within seconds: an old alert of a lead without scores is one of a lead that was erased,
  -- and so is one that was decided before the lead began, as it does anew when it comes back.
  local kept = call('HGET', prefix .. 'facts', lead)
  return not kept or string.match(kept, '^%Z*%z(%Z*)') > begun_by
end

local function put(entry, alert)
  local _, id, lead, time_ms, decided_ms, about, hour_ms, channel, manager, delay_ms, is_news, begun_by = unpack(entry)
  if is_of_erased(lead, time_ms, is_news, begun_by) or call('HSETNX', ALERT, id, alert) == 0 then return end
  local member = id .. about .. '\n' .. lead
  call('ZADD', ALERTS, decided_ms, member)
  call('ZADD', OF .. lead, decided_ms, member)
  call('INCR', prefix .. 'alerts_seen')
  local hour = prefix .. 'hour:' .. string.format('%.0f', hour_ms)
  call('HINCRBY', hour, 'all', 1)
  call('HINCRBY', hour, 'channel=' .. channel, 1)
  if manager ~= '' then call('HINCRBY', hour, 'manager=' .. manager, 1) end
  call('EXPIREAT', hour, string.format('%.0f', hour_ms / 1000 + HOUR_KEPT_S))
  if delay_ms >= 0 then
    call('LPUSH', prefix .. 'delays', delay_ms)
    call('LTRIM', prefix .. 'delays', 0, DELAYS_MAX - 1)
  end
  if is_news then call('XADD', prefix .. 'news', 'MAXLEN', NEWS_MAX, '*', 'alert', id) end
end

for i, entry in ipairs(cmsgpack.unpack(ARGV[5])) do
  if entry[1] >= applied then put(entry, ARGV[8 + i]) end
end
local surplus = call('ZCARD', ALERTS) - ALERTS_MAX
if surplus > 0 then
  local oldest = call('ZPOPMIN', ALERTS, surplus)
  for i = 1, #oldest, 2 do
    local member = oldest[i]
    call('HDEL', ALERT, string.sub(member, 1, 32))
    call('ZREM', OF .. string.sub(member, string.find(member, '\n', 1, true) + 1), member)
  end
end
call('HSET', prefix .. 'offsets', place, after)
return after
