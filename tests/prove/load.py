"""A seed and a size come in; the records of each day leave, in the order of their timestamps.

A lead's life is in one topic, so that its order is the same for every reader. Some records come again as a producer's retry
would send them, some are late, some were made by machines, some must be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from math import ceil
from random import Random
from typing import Any, Final, NamedTuple

import orjson

from tests.prove.days import ACTIVE_MS, LATE_MS_MAX, day_starts_ms
from topics.partitions import partition_of
from topics.registry import ACTIVITIES, CALLS, EMAIL_EVENTS, LEAD_ERASURES, LEAD_PROFILES, MESSAGES, PAGE_VIEWS, PURCHASES, WEBINARS, Topic

EVENTS_A_LEAD: Final = 20
AGAIN: Final = 0.02
LATE: Final = 0.05
MACHINE: Final = 0.02
REFUSED: Final = 0.005
WITHOUT_ID: Final = 0.1
FUTURE_MS: Final = 300_001
# Leads that ask to be forgotten: at the beginning of a day on which nothing else of them comes. Nothing that time alone makes is
# due for them then, which would come before or after their erasure.
ERASED: Final = 0.05
ERASABLE: Final = (CALLS, MESSAGES)
# Some producers know another partitioner.
MISPLACED: Final = 0.05
MISPLACEABLE: Final = (PURCHASES, WEBINARS)


class Offered(NamedTuple):
    """A record to publish, `off` so many partitions from where its key belongs."""

    topic: Topic
    key: bytes
    value: bytes
    timestamp_ms: int
    off: int = 0


def _page_view(rng: Random) -> dict[str, Any]:
    path = rng.choice(("/", "/catalog/mens/1", "/catalog/womens/2", "/pricing", "/pricing/teams?from=mail"))
    category = {"category": rng.choice(("mens", "womens", "kids"))} if path.startswith("/catalog") else {}
    return {"url": f"https://shop.example{path}", "visit_id": f"v{rng.randrange(6)}", **category}


def _mail(rng: Random) -> dict[str, Any]:
    action = rng.choice(("sent", "opened", "opened", "opened", "clicked", "complained"))
    return {"action": action, "message_id": f"m{rng.randrange(8)}"}


def _call(rng: Random) -> dict[str, Any]:
    return {"direction": rng.choice(("inbound", "outbound")), "outcome": rng.choice(("answered", "missed", "busy"))}


def _webinar(rng: Random) -> dict[str, Any]:
    action = rng.choice(("registered", "attended", "watched", "watched", "left"))
    return {"action": action, "webinar_id": f"w{rng.randrange(5)}", "percent": rng.randrange(101)}


def _purchase(rng: Random) -> dict[str, Any]:
    return {"order_id": f"o{rng.randrange(1000)}", "amount": rng.randrange(10_000) / 100, "currency": "EUR"}


def _message(rng: Random) -> dict[str, Any]:
    return rng.choice(({"medium": "mail"}, {"medium": "chat", "direction": "inbound"}, {"direction": "outbound"}))


def _activity(rng: Random) -> dict[str, Any]:
    return {"name": rng.choice(("quote_opened", "form_submitted", "newsletter", "e-book"))}


def _profile(rng: Random) -> dict[str, Any]:
    return {"job_title": rng.choice(("Head of IT", "Clerk")), "city": rng.choice(("Warsaw", "warsaw", "Berlin", None))}


MAKERS: Final[dict[Topic, Callable[[Random], dict[str, Any]]]] = {
    PAGE_VIEWS: _page_view,
    EMAIL_EVENTS: _mail,
    CALLS: _call,
    WEBINARS: _webinar,
    PURCHASES: _purchase,
    MESSAGES: _message,
    ACTIVITIES: _activity,
    LEAD_PROFILES: _profile,
}
WEIGHTS: Final = (35, 18, 10, 8, 6, 10, 10, 3)


class Load:
    """The records of a proof: the same for the same seed and size."""

    def __init__(self, seed: int, events: int, days: int, partitions: int) -> None:
        self.events = events
        self.days = days
        self._seed = seed
        self._partitions = partitions
        rng = Random(seed)
        topics = rng.choices(tuple(MAKERS), WEIGHTS, k=max(events // EVENTS_A_LEAD, 1))
        self._leads = [(f"lead-{number}", topic) for number, topic in enumerate(topics)]
        erasable = [lead for lead, topic in self._leads if topic in ERASABLE]
        self._erased = [frozenset(rng.sample(erasable, ceil(len(erasable) * ERASED)) if day else ()) for day in range(days)]

    def of_day(self, day: int) -> Iterator[Offered]:
        """A day's records. On the day after the last, one view in each partition shows the time to all leads."""
        if day == self.days:
            yield from self._bells(day)
            return
        rng = Random(f"{self._seed}/{day}")
        count = self.events // self.days + (self.events % self.days if day == 0 else 0)
        for lead in sorted(self._erased[day]):
            told = {"lead_id": lead, "requested_at": day_starts_ms(day)}
            yield Offered(LEAD_ERASURES, lead.encode(), orjson.dumps(told), day_starts_ms(day))
        leads = [(lead, topic) for lead, topic in self._leads if lead not in self._erased[day]]
        sent: list[Offered] = []
        for number in range(count):
            if sent and rng.random() < AGAIN:
                yield sent[rng.randrange(max(0, len(sent) - 500), len(sent))]
                continue
            lead, topic = rng.choice(leads)
            at_ms = day_starts_ms(day) + number * ACTIVE_MS // count
            value = orjson.dumps(self._told(rng, topic, lead, at_ms, day, number))
            if rng.random() < REFUSED:
                record = Offered(topic, lead.encode(), _spoiled(rng, topic, value, at_ms), at_ms)
            else:
                record = Offered(topic, lead.encode(), value, at_ms, off=int(topic in MISPLACEABLE and rng.random() < MISPLACED))
            sent.append(record)
            yield record

    def _told(self, rng: Random, topic: Topic, lead: str, at_ms: int, day: int, number: int) -> dict[str, Any]:
        told = MAKERS[topic](rng)
        if topic is LEAD_PROFILES:
            return told
        if rng.random() >= WITHOUT_ID:
            told["event_id"] = f"{day}-{number}"
        if rng.random() < MACHINE:
            told["human"] = False
        if rng.random() < 0.1:
            told["lead_id"] = lead
        if day and lead in self._erased[day - 1] and rng.random() < 0.5:
            told["occurred_at"] = day_starts_ms(day - 1) - rng.randrange(LATE_MS_MAX)  # of before the erasure: to be dropped
        elif rng.random() < LATE:
            told["occurred_at"] = max(at_ms - rng.randrange(LATE_MS_MAX), day_starts_ms(day))
        elif rng.random() < 0.5:
            told["occurred_at"] = rng.choice((at_ms, datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")))
        return told

    def _bells(self, day: int) -> Iterator[Offered]:
        for partition in range(self._partitions):
            key = next(key for number in range(10_000) if partition_of(key := f"bell-{number}".encode(), self._partitions) == partition)
            yield Offered(PAGE_VIEWS, key, b'{"url": "/bell", "visit_id": "v"}', day_starts_ms(day))


def _spoiled(rng: Random, topic: Topic, value: bytes, at_ms: int) -> bytes:
    """What must be refused, each for a reason of its own."""
    if topic is LEAD_PROFILES:
        return rng.choice((value[:-1], b"[]", b'{"city": ["Warsaw"]}'))
    told = orjson.loads(value)
    wrong_time = {**told, "occurred_at": "yesterday"}, {**told, "occurred_at": at_ms + FUTURE_MS}
    return rng.choice((value[:-1], b"[]", *map(orjson.dumps, wrong_time), orjson.dumps({**told, "lead_id": "somebody-else"})))
