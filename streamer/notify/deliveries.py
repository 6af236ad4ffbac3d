"""What the notifier has to do: alerts, the clock and the ends of tries come in; what to send now, and what to write down, leave.

Pure: no clock and no I/O. Whoever uses it writes an entry to the journal before anything that the entry allows happens:
that a message waits before the alert's offset is committed, that it is being sent before it is sent.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import msgspec

from streamer.notify.calendar import day_of, next_day_ms
from streamer.notify.journal import OPEN, Entry, State, key_of
from streamer.notify.message import manager_of
from streamer.notify.outcome import LaterError
from streamer.notify.plan import Plan
from topics.alerts import Alert
from topics.limits import NOTIFICATIONS_WAITING_MAX, NOTIFIED_MS

FIRST_RETRY_MS: Final = 1000
RETRY_MS_MAX: Final = 10 * 60_000
REST_MS_MAX: Final = 60_000
ERASED_MAX: Final = 10_000
OVER_THE_LIMIT: Final = "the manager has had as many messages as allowed that day"
ERASED: Final = "the lead was erased"
INTERRUPTED: Final = "the notifier was killed while it sent this: it may have arrived"


@dataclass(slots=True)
class Queue:
    """What waits for one channel, the earliest first."""

    heap: list[tuple[int, int, int, bytes]] = field(default_factory=list)
    failures: int = 0
    """Failed tries since the last that worked; the channel rests after each, so that a side that is down is not beaten."""
    rests_until_ms: int = 0


class Deliveries:
    """The state of one notifier at work."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._queues = {name: Queue() for name in plan.channels}
        self._known: dict[bytes, int] = {}
        self._open: dict[bytes, Entry] = {}
        self._dead: dict[bytes, Entry] = {}
        self._erased: dict[str, int] = {}
        self._first_tries: dict[bytes, Entry] = {}
        self._begun: Counter[tuple[str, str, date]] = Counter()
        self._order = itertools.count()
        self.counts: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many messages are not yet sent, dropped or dead."""
        return len(self._open)

    @property
    def is_full(self) -> bool:
        """Whether no more alerts should be read until some of what waits is done."""
        return len(self._open) >= NOTIFICATIONS_WAITING_MAX

    def restore(self, entry: Entry) -> None:
        """Takes an entry of the journal; those of one key come in the order they were written."""
        self._keep(entry)
        if entry.tried_ms and self._limit_of(entry) is not None:
            self._first_tries[entry.key] = entry

    def begin(self, now_ms: int, *, retry_dead: bool = False) -> list[Entry]:
        """Ends the restoring. Returns what to write: what is in doubt, and dead letters that get another chance."""
        for entry in self._first_tries.values():
            self._count_begun(entry, entry.tried_ms)
        self._first_tries.clear()
        changed = [self._doubted(entry, INTERRUPTED, entry.due_ms, now_ms) for entry in self._open.values() if self._is_cut_off(entry)]
        if retry_dead:
            changed += [_moved(entry, "waiting", now_ms, due_ms=now_ms, tried_ms=0, tries=0) for entry in self._dead.values()]
        for entry in changed:
            self._keep(entry)
        for entry in self._open.values():
            self._enqueue(entry)
        return changed

    def take(self, alert: Alert, body: bytes, published_ms: int, now_ms: int) -> list[Entry]:
        """The messages of an alert that have not been before, to be written down; they wait from now on."""
        self._forget_old(now_ms)
        if now_ms - published_ms > self._plan.max_age_ms:
            self.counts["too old"] += 1
            return []
        if self._is_erased(alert, published_ms):
            return []  # the topics are read side by side: the erasure may come first
        new = [
            Entry(
                state="waiting",
                channel=name,
                alert_id=alert.alert_id,
                lead_id=alert.lead_id,
                at_ms=now_ms,
                taken_ms=now_ms,
                due_ms=now_ms,
                manager=manager_of(alert),
                alert=msgspec.Raw(body),
            )
            for name in self._plan.channels_for(alert)
            if key_of(name, alert.alert_id) not in self._known
        ]
        for entry in new:
            self._keep(entry)
            self._enqueue(entry)
        return new

    def next(self, channel: str, now_ms: int) -> Entry | None:
        """What is to be sent, or dropped, now: write it down, then do it. None when nothing is due."""
        queue = self._queues[channel]
        while queue.heap and queue.heap[0][0] <= now_ms and queue.rests_until_ms <= now_ms:
            *_, key = heapq.heappop(queue.heap)
            entry = self._open.get(key)
            if entry is None:  # its lead was erased
                continue
            due_ms = self._allowed_ms(entry, now_ms)
            if due_ms is None:
                return self._now(_moved(entry, "dropped", now_ms, why=OVER_THE_LIMIT))
            if due_ms > now_ms:
                self._enqueue(entry, due_ms)
                continue
            if not entry.tried_ms:
                self._count_begun(entry, now_ms)
            return self._now(_moved(entry, "sending", now_ms, tries=entry.tries + 1, tried_ms=entry.tried_ms or now_ms))
        return None

    def next_ms(self, channel: str) -> int | None:
        """When the channel has to be looked at again if nothing happens before; None: not at all."""
        queue = self._queues[channel]
        return max(queue.heap[0][0], queue.rests_until_ms) if queue.heap else None

    def sent(self, entry: Entry, now_ms: int) -> Entry:
        """The other side has it."""
        self._queues[entry.channel].failures = 0
        return self._now(_moved(entry, "sent", now_ms))

    def refused(self, entry: Entry, why: str, now_ms: int) -> Entry:
        """It will never work."""
        if self._is_erased(entry, entry.taken_ms):
            return self._now(_moved(entry, "dropped", now_ms, why=ERASED))
        return self._now(_moved(entry, "dead", now_ms, why=why))

    def failed(self, entry: Entry, error: LaterError, now_ms: int) -> Entry:
        """It may work later: it waits, each time longer, until it has been tried for long enough."""
        queue = self._queues[entry.channel]
        queue.failures += 1
        queue.rests_until_ms = now_ms + max(error.after_ms, min(_doubled(queue.failures), REST_MS_MAX))
        due_ms = now_ms + max(error.after_ms, min(_doubled(entry.tries), RETRY_MS_MAX))
        is_too_long = due_ms - entry.tried_ms > self._plan.channels[entry.channel].terms.retry_for_ms
        if is_too_long or self._is_erased(entry, entry.taken_ms):
            return self.refused(entry, f"{error} (tries: {entry.tries})", now_ms)
        if error.in_doubt:
            waiting = self._now(self._doubted(entry, str(error), due_ms, now_ms))
        else:
            waiting = self._now(_moved(entry, "waiting", now_ms, due_ms=due_ms, why=str(error)))
        if waiting.state == "waiting":
            self._enqueue(waiting)
        return waiting

    def forget(self, lead_id: str, erased_ms: int, now_ms: int) -> list[Entry]:
        """Drops what waits about a lead that is erased, and its dead letters; what is under way is not stopped."""
        self._erased[lead_id] = erased_ms
        if len(self._erased) > ERASED_MAX:
            del self._erased[next(iter(self._erased))]
        entries = [*self._open.values(), *self._dead.values()]
        gone = [entry for entry in entries if entry.lead_id == lead_id and entry.state != "sending"]
        return [self._now(_moved(entry, "dropped", now_ms, why=ERASED)) for entry in gone]

    def _is_erased(self, about: Alert | Entry, since_ms: int) -> bool:
        """Whether its lead was erased after that time, as far as this process has read."""
        return since_ms <= self._erased.get(about.lead_id, -1)

    def _keep(self, entry: Entry) -> None:
        key = entry.key
        for entries in (self._known, self._open, self._dead):
            entries.pop(key, None)
        self._known[key] = entry.at_ms
        if entry.state in OPEN:
            self._open[key] = entry
        elif entry.state == "dead":
            self._dead[key] = entry

    def _now(self, entry: Entry) -> Entry:
        self._keep(entry)
        if entry.state not in OPEN:
            self.counts[entry.state] += 1
        return entry

    def _enqueue(self, entry: Entry, due_ms: int | None = None) -> None:
        if entry.channel in self._queues:
            place = (entry.due_ms if due_ms is None else due_ms, entry.taken_ms, next(self._order), entry.key)
            heapq.heappush(self._queues[entry.channel].heap, place)

    def _is_cut_off(self, entry: Entry) -> bool:
        """Whether the end of its last try is not known."""
        return entry.state == "sending" and entry.channel in self._plan.channels

    def _doubted(self, entry: Entry, why: str, due_ms: int, now_ms: int) -> Entry:
        """What may have arrived is sent once more, or not, as the channel's terms say."""
        if self._plan.channels[entry.channel].terms.resend_in_doubt:
            return _moved(entry, "waiting", now_ms, due_ms=due_ms, why=why, again=True)
        return _moved(entry, "dead", now_ms, why=why)

    def _limit_of(self, entry: Entry) -> int | None:
        """How many messages a day there may be for the manager whose lead it is; None: any number."""
        channel = self._plan.channels.get(entry.channel)
        return channel.terms.per_manager if channel is not None and entry.manager else None

    def _allowed_ms(self, entry: Entry, now_ms: int) -> int | None:
        """From when on the channel's terms let the message be sent; None: never."""
        terms, zone = self._plan.channels[entry.channel].terms, self._plan.zone
        allowed_ms = now_ms if terms.quiet is None else terms.quiet.loud_from_ms(now_ms, zone)
        limit = self._limit_of(entry)
        # Tried before, it was counted before.
        if limit is None or entry.tried_ms or self._begun[entry.channel, entry.manager, day_of(allowed_ms, zone)] < limit:
            return allowed_ms
        return None if terms.drop_beyond else next_day_ms(allowed_ms, zone)

    def _count_begun(self, entry: Entry, at_ms: int) -> None:
        if self._limit_of(entry) is not None:
            self._begun[entry.channel, entry.manager, day_of(at_ms, self._plan.zone)] += 1

    def _forget_old(self, now_ms: int) -> None:
        while self._known and next(iter(self._known.values())) < now_ms - NOTIFIED_MS:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._dead.pop(oldest, None)


def _moved(entry: Entry, state: State, now_ms: int, **changes: object) -> Entry:
    """The entry in another state; the alert leaves it once it has not to be sent any more."""
    if state not in ("waiting", "sending", "dead"):
        changes["alert"] = msgspec.UNSET
    return msgspec.structs.replace(entry, state=state, at_ms=now_ms, **changes)


def _doubled(times: int) -> int:
    return FIRST_RETRY_MS << min(times - 1, 20)
