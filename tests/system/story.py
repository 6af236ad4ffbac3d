"""A seed and a time come in; the records of a system test leave, in the order of their timestamps.

The simulation's leads, with its repeats, late events and machines; to them come changed and removed profiles, events without
an id, and records that must be refused. No two records have the same timestamp: their order is the same for every reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from streamer.operate.simulation import SimulatedRecord, simulate
from topics.registry import ACTIVITIES, CALLS, LEAD_PROFILES, PAGE_VIEWS, PURCHASES, Topic

MODEL: Final = Path(__file__).with_name("model.yaml")
EVENTS: Final = 20_000
LEADS: Final = 8_000
HOUR_MS: Final = 3_600_000
# The windows of the model are 30 minutes, 12 hours and 3 days: none ends within hours of the test.
FIRST_HOURS_AGO: Final = 50
LAST_HOURS_AGO: Final = 30

REFUSED: Final[tuple[tuple[Topic, bytes, str], ...]] = (
    (PAGE_VIEWS, b"{", "not-json"),
    (CALLS, b'{"direction": "inbound"}', "missing-field"),
    (PURCHASES, b'{"order_id": 5}', "bad-field"),
    (ACTIVITIES, b'{"name": "form_submitted", "occurred_at": "today"}', "bad-time"),
    (LEAD_PROFILES, b'{"city": ["Warsaw"]}', "bad-field"),
)
PROFILES: Final = (b'{"city": "Warsaw"}', None, b'{"job_title": "Head of IT", "city": "warsaw"}', b'{"city": null}', b"")


class Sent(NamedTuple):
    """A record to publish; `refused` is the reason with which it must be rejected."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    timestamp: int
    refused: str | None = None


def story(seed: int, now_ms: int) -> list[Sent]:
    """20,000 events and what comes with them."""
    span_s = (FIRST_HOURS_AGO - LAST_HOURS_AGO) * 3600
    first_ms = now_ms - FIRST_HOURS_AGO * HOUR_MS
    simulated = simulate(leads=LEADS, events=EVENTS, rate=EVENTS / span_s, seed=seed, start_ms=first_ms)
    return sorted(_told(simulated), key=lambda sent: sent.timestamp)


def _told(simulated: Iterator[SimulatedRecord]) -> Iterator[Sent]:
    for number, (topic, key, value, timestamp_ms, event_id) in enumerate(simulated):
        if event_id is None:
            yield Sent(topic, key, value, timestamp_ms - 1)
            continue
        if number % 37 == 0:
            value = orjson.dumps({name: field for name, field in orjson.loads(value).items() if name != "event_id"})
        yield Sent(topic, key, value, timestamp_ms)
        if number % 101 == 0:
            yield Sent(LEAD_PROFILES, key, PROFILES[number % len(PROFILES)], timestamp_ms + 1)
        if number % 503 == 0:
            topic, value, reason = REFUSED[number % len(REFUSED)]
            yield Sent(topic, key, value, timestamp_ms + 2, reason)
