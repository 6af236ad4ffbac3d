"""The made-up leads: the same for the same seed, believable, and readable by the scorer's own readers."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import orjson

from streamer.operate.simulation import SimulatedRecord, simulate
from topics import EventReader, ProfileReader, Refusal
from topics.registry import EVENT_TOPICS, LEAD_PROFILES

START_MS = 1_767_225_600_000


def _records(events: int = 4000, leads: int = 200, seed: int = 7) -> list[SimulatedRecord]:
    return list(simulate(leads=leads, events=events, rate=50, seed=seed, start_ms=START_MS))


def test_same_seed_same_records() -> None:
    """The seed, the leads, the rate and the start decide every byte; another seed gives other records."""
    assert _records() == _records()
    assert _records() != _records(seed=8)


def test_number_of_events_is_exact_and_profiles_come_on_top() -> None:
    """`events` counts the records of event topics; each lead's profile comes at most once, before its first event."""
    records = _records()
    assert sum(record.topic in EVENT_TOPICS for record in records) == 4000
    seen: set[bytes] = set()
    for record in records:
        assert record.topic is not LEAD_PROFILES or record.key not in seen
        if record.topic is not LEAD_PROFILES:
            seen.add(record.key)


def test_time_runs_at_the_rate() -> None:
    """Timestamps start at the start, never go back, and advance by one second for `rate` events."""
    times = [record.timestamp for record in _records()]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (START_MS, START_MS + 3999 * 20)


def test_every_record_is_accepted() -> None:
    """No record is one that the scorer would reject, and every event topic gets some."""
    readers = {topic: EventReader(topic) for topic in EVENT_TOPICS}
    profiles = ProfileReader()
    topics: Counter[str] = Counter()
    for record in _records():
        topics[record.topic.name] += 1
        if record.topic is LEAD_PROFILES:
            assert not isinstance(profiles.read(record.key, record.value, record.timestamp), Refusal)
        else:
            found = readers[record.topic].read(record.key, record.value, record.timestamp)
            assert not isinstance(found, Refusal), found
    assert set(topics) == {topic.name for topic in (*EVENT_TOPICS, LEAD_PROFILES)}


def test_life_is_in_it() -> None:
    """About 1 % come twice, about 2 % late, some are made by programs, and a few leads do much more than most."""
    events = [orjson.loads(record.value) for record in _records() if record.topic in EVENT_TOPICS]
    ids = Counter(event["event_id"] for event in events)
    duplicates = sum(times - 1 for times in ids.values())
    assert 0.004 < duplicates / len(events) < 0.02
    assert any(event.get("human") is False for event in events)
    busiest = Counter(event["lead_id"] for event in events).most_common()
    assert busiest[0][1] > 5 * len(events) / len(busiest)


def test_endless_without_a_number_of_events() -> None:
    """Without a number of events the records go on; one lead is enough."""
    assert len(list(islice(simulate(leads=1, events=None, rate=1, seed=1, start_ms=START_MS), 500))) == 500
