"""Questions come in, what the view in Redis answers leaves: the reading side, which changes nothing.

Leads and alerts are kept as JSON and are put together as they are: a page of leads costs one call of Redis and no decoding.
"""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

from streamer.serve.alerts import member_of
from streamer.serve.answers import Delay, Health, Named, Progress
from streamer.serve.cards import split_card, split_history
from streamer.serve.packing import PLAIN, Packing, number_of
from streamer.serve.query import AlertsQuery, Cursor, LeadsQuery, written
from streamer.serve.redis import connect, prefix_of, script, text
from streamer.settings import Settings
from topics.limits import ALERT_HISTORY_MAX, FILTER_VALUES_MAX

LOOKED_AT_MAX: Final = 2_000
ALERTS_AT_ONCE: Final = 500
ALERTS_LOOKED_AT_MAX: Final = 5_000
HOUR_MS: Final = 3_600_000
HOURS: Final = 24
SILENT_MS_MAX: Final = 15_000
STATE: Final = ("kafka", "said_ms", "began_ms", "complete_ms", "is_complete", "done", "of")


class NoViewError(Exception):
    """There is no view: it is built when Kafka and the keeper of the view are there."""


class AlertNumbers(NamedTuple):
    """What the view counted of alerts."""

    seen: int
    per_hour: list[tuple[int, int]]
    by_channel: dict[str, int]
    by_manager: dict[str, int]
    delay: Delay


class Reads:
    """The reading side of the view. Its methods raise RedisError, and NoViewError where the view is needed."""

    def __init__(self, settings: Settings) -> None:
        self.redis = connect(settings)
        self._prefix = prefix_of(settings)
        self._leads = script(self.redis, "leads")
        self._packing = PLAIN

    async def close(self) -> None:
        """Closes the connections."""
        await self.redis.aclose()

    async def leads(self, query: LeadsQuery) -> bytes:
        """A page of leads as JSON."""
        after = query.after or Cursor("", "")
        args = [query.order, int(query.is_falling), query.limit, after.number, after.member, LOOKED_AT_MAX, *query.facts]
        page = await self._leads(keys=[self._prefix], args=args)
        if page is None:
            raise NoViewError
        (number, member, since_ms), kept, packed = page
        leads = b",".join(
            [_listed(split_card(await self._unpacked(one))[0], facts) for facts, one in zip(kept, packed, strict=True) if one]
        )
        following = b'"' + written(Cursor(text(number), text(member))).encode() + b'"' if member else b"null"
        return b'{"leads":[%b],"next":%b,"stale_ms":%d}' % (leads, following, _stale_ms(since_ms))

    async def lead(self, lead_id: str) -> bytes | None:
        """All about a lead as JSON; None when there is no such lead."""
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.hget(self._key("leads"), lead_id)
        pipeline.hget(self._key("facts"), lead_id)
        pipeline.zrange(self._key(f"alerts_of:{lead_id}"), 0, ALERT_HISTORY_MAX - 1, desc=True)
        pipeline.hmget(self._key("state"), "complete_ms", "began_ms")
        packed, kept, members, since = await pipeline.execute()
        stale_ms = _stale_ms(since[0] or since[1])
        if packed is None or kept is None:
            return None
        alerts = await self._alerts_of([member[:32] for member in members])
        history = split_history(kept)
        head = split_card(await self._unpacked(packed))[1].rstrip()[:-1]
        return head + b',"history":[%b],"alert_history":[%b],"stale_ms":%d}' % (history, b",".join(alerts), stale_ms)

    async def alerts(self, query: AlertsQuery) -> bytes:
        """A page of alerts as JSON."""
        key = self._key("alerts") if query.lead is None else self._key(f"alerts_of:{query.lead}")
        is_filtered = query.kind is not None or query.id is not None
        size = ALERTS_AT_ONCE if is_filtered else query.limit + 1
        found: list[bytes] = []
        after, is_last = query.after, False
        for _ in range(ALERTS_LOOKED_AT_MAX // ALERTS_AT_ONCE):
            chunk = await self._chunk(key, after, size)
            for member, number in chunk:
                if len(found) == query.limit:
                    break
                after = Cursor(number, text(member))
                about = member_of(after.member)
                if query.kind in (None, about.kind) and query.id in (None, about.id):
                    found.append(member[:32])
            else:
                is_last = len(chunk) < size
            if is_last or len(found) == query.limit:
                break
        if not found:
            await self.stale_ms()
        following = b"null" if is_last or after is None else b'"' + written(after).encode() + b'"'
        return b'{"alerts":[%b],"next":%b}' % (b",".join(await self._alerts_of(found)), following)

    async def alert(self, alert_id: str) -> bytes | None:
        """An alert as JSON; None when it is not kept any more."""
        return next(iter(await self._alerts_of([alert_id.encode()])), None)

    async def counts(self, kind: str, most: int = -1) -> list[Named]:
        """How many leads have each value of a kind of fact (`stage`, `city`, `rule`, ...), most first."""
        found = await self.redis.zrange(self._key(f"values:{kind}"), 0, most - 1 if most > 0 else -1, desc=True, withscores=True)
        return [(text(name), int(number)) for name, number in found]

    async def leads_number(self) -> int:
        """How many leads there are."""
        return int(await self.redis.zcard(self._key("by:total")))

    async def alert_numbers(self) -> AlertNumbers:
        """The counts of alerts, of the last 24 hours where nothing else is said."""
        hour_ms = _now_ms() // HOUR_MS * HOUR_MS
        hours = [hour_ms - HOUR_MS * ago for ago in range(HOURS - 1, -1, -1)]
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.get(self._key("alerts_seen"))
        pipeline.lrange(self._key("delays"), 0, -1)
        for hour in hours:
            pipeline.hgetall(self._key(f"hour:{hour}"))
        seen, delays, *counted = await pipeline.execute()
        totals: dict[str, dict[str, int]] = {"channel": {}, "manager": {}}
        for count in counted:
            for field, number in count.items():
                kind, _, name = text(field).partition("=")
                if kind in totals:
                    totals[kind][name] = totals[kind].get(name, 0) + int(number)
        per_hour = [(hour, int(count.get(b"all", 0))) for hour, count in zip(hours, counted, strict=True)]
        return AlertNumbers(int(seen or 0), per_hour, _most(totals["channel"]), _most(totals["manager"]), _delay(delays))

    async def stale_ms(self) -> int:
        """How long ago the view was known to have everything, in ms. NoViewError when nothing is known of it."""
        complete_ms, began_ms = await self.redis.hmget(self._key("state"), "complete_ms", "began_ms")
        return _stale_ms(complete_ms or began_ms)

    async def health(self) -> Health:
        """How the view stands, Redis being there."""
        kafka, said_ms, began_ms, complete_ms, is_complete, done, of = await self.redis.hmget(self._key("state"), *STATE)
        if said_ms is None or began_ms is None:
            return Health("rebuilding", "ok", text(kafka or b"nothing is known yet"), None, Progress(0, 0))
        now_ms = _now_ms()
        words = text(kafka) if now_ms - int(said_ms) <= SILENT_MS_MAX else "nobody keeps the view up to date"
        progress = None if is_complete == b"1" else Progress(int(done or 0), int(of or 0))
        status = "stale" if words != "ok" else "rebuilding" if progress else "ok"
        return Health(status, "ok", words, max(0, now_ms - int(complete_ms or began_ms)), progress)

    async def _chunk(self, key: str, after: Cursor | None, size: int) -> list[tuple[bytes, str]]:
        """The next members with their numbers after the cursor, falling."""
        if after is None:
            start = 0
        else:
            rank = await self.redis.zrevrank(key, after.member)
            # An alert that is gone was the oldest, or its lead was erased: then go on with what is older than it.
            start = int(await self.redis.zcount(key, after.number, "+inf")) if rank is None else int(rank) + 1
        found = await self.redis.zrange(key, start, start + size - 1, desc=True, withscores=True)
        return [(member, repr(number)) for member, number in found]

    async def _alerts_of(self, ids: list[bytes]) -> list[bytes]:
        if not ids:
            return []
        return [PLAIN.unpack(alert) for alert in await self.redis.hmget(self._key("alert"), ids) if alert is not None]

    async def _unpacked(self, state: bytes) -> bytes:
        if number_of(state) not in (0, self._packing.number):
            # A view that was built anew has learned a dictionary of its own.
            self._packing = Packing(await self.redis.get(self._key("dictionary")))
            if number_of(state) != self._packing.number:
                raise NoViewError
        return self._packing.unpack(state)

    def _key(self, name: str) -> str:
        return self._prefix + name


def _stale_ms(since_ms: bytes | None) -> int:
    if since_ms is None:
        raise NoViewError
    return max(0, _now_ms() - int(since_ms))


def _listed(card: bytes, facts: bytes) -> bytes:
    return card[:-1] + b',"history":[' + split_history(facts) + b"]}"


def _most(counts: dict[str, int]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    return dict(ordered[:FILTER_VALUES_MAX])


def _delay(delays: list[Any]) -> Delay:
    ordered = sorted(map(int, delays))
    if not ordered:
        return Delay(None, None, None)
    return Delay(*(ordered[len(ordered) * share // 100] for share in (50, 90, 99)))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
