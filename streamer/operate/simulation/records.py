"""Who acts when: leads, rate, seed and start come in; records leave in order of their timestamps, the same for the same input.

About 1 % of the events come twice and 2 % late, as they do in life. Profiles come on top of the number of events.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

import orjson

from streamer.operate.simulation.journeys import Step, next_stay
from streamer.operate.simulation.people import EAGERNESS, Person, make_person
from topics.registry import LEAD_PROFILES, PAGE_VIEWS, Topic
from topics.times import format_rfc3339

DUPLICATE_SHARE: Final = 0.01
LATE_SHARE: Final = 0.02
LATE_MS_MAX: Final = 2 * 3_600_000
# How many leads are busy at the same time; few enough that their stays can be seen to go on.
BUSY_LEADS_MAX: Final = 40


class SimulatedRecord(NamedTuple):
    """A record to publish; `timestamp` is epoch milliseconds, a profile has no `event_id`."""

    topic: Topic
    key: bytes
    value: bytes
    timestamp: int
    event_id: str | None


def simulate(*, leads: int, events: int | None, rate: float, seed: int, start_ms: int) -> Iterator[SimulatedRecord]:
    """The records of `events` events (None: without end), `rate` events a second of event time from `start_ms` on."""
    random = Random(f"{seed}")  # a text is hashed the same by every Python
    crowd = _Crowd(random, leads)
    repeated: SimulatedRecord | None = None
    for number in itertools.count() if events is None else range(events):
        timestamp_ms = start_ms + int(number * 1000 / rate)
        if repeated is not None and random.random() < 0.2:
            yield repeated._replace(timestamp=timestamp_ms)
            repeated = None
            continue
        person, step = crowd.next_step()
        if person.profile is not None and crowd.is_new(person):
            yield SimulatedRecord(LEAD_PROFILES, person.lead_id.encode(), orjson.dumps(person.profile), timestamp_ms, None)
        late_ms = random.randrange(60_000, LATE_MS_MAX) if random.random() < LATE_SHARE else 0
        record = _record(person, step, f"{seed:x}-{start_ms:x}-{number:x}", timestamp_ms, max(0, timestamp_ms - late_ms))
        yield record
        if repeated is None and random.random() < DUPLICATE_SHARE:
            repeated = record


def _record(person: Person, step: Step, event_id: str, timestamp_ms: int, occurred_ms: int) -> SimulatedRecord:
    topic, fields = step
    # The two ways that the contract knows to say a time.
    occurred_at: int | str = occurred_ms if topic is PAGE_VIEWS else format_rfc3339(occurred_ms)
    value = {"event_id": event_id, "lead_id": person.lead_id, "occurred_at": occurred_at, **fields}
    return SimulatedRecord(topic, person.lead_id.encode(), orjson.dumps(value), timestamp_ms, event_id)


class _Crowd:
    """All leads, and the few that are busy right now: when a stay is over, another lead comes, the eager ones more often."""

    def __init__(self, random: Random, leads: int) -> None:
        self._random = random
        self._people = [make_person(random, number) for number in range(1, leads + 1)]
        self._weights = list(itertools.accumulate(EAGERNESS[person.temperament] for person in self._people))
        self._stays = itertools.count(1)
        self._seen: set[str] = set()
        self._busy = [self._arrive() for _ in range(max(1, min(BUSY_LEADS_MAX, leads // 4)))]

    def next_step(self) -> tuple[Person, Step]:
        """One of the busy leads takes the next step of its stay."""
        while True:
            place = self._random.randrange(len(self._busy))
            person, stay = self._busy[place]
            step = next(stay, None)
            if step is not None:
                return person, step
            self._busy[place] = self._arrive()

    def is_new(self, person: Person) -> bool:
        """Whether this is the first time that the lead is seen."""
        new = person.lead_id not in self._seen
        self._seen.add(person.lead_id)
        return new

    def _arrive(self) -> tuple[Person, Iterator[Step]]:
        person = self._random.choices(self._people, cum_weights=self._weights)[0]
        return person, next_stay(self._random, person, f"stay-{next(self._stays)}")
