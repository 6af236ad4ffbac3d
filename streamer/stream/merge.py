"""Fetched records of one partition number come in per topic; chunks leave, in the order of the records' timestamps across topics.

Within a topic the order is that of the offsets, whatever the timestamps say. While a topic that is known to hold more
has nothing here, the others are held back, but only for a while: a partition whose broker is away stalls nobody. Once all
is read nothing is held back: what was fetched is merged, and an alert does not wait for the next fetch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from streamer.score.records import RecordLike
from streamer.stream.chunk import Chunk
from streamer.stream.fetched import FetchedOf
from topics.registry import Topic

CHUNK_RECORDS_MAX: Final = 1000
# Counted as the time between two looks, and of that no more than is usual: whoever was frozen, or got no processor, asked nobody meanwhile.
HOLD_BACK_S_MAX: Final = 5.0
LOOK_S_MAX: Final = 0.25
# A topic with this much waiting is not fetched: one fetch is being merged, one is behind it.
WAITING_RECORDS: Final = 2 * CHUNK_RECORDS_MAX
WAITING_FETCHES: Final = 2


class Lane:
    """What was fetched of one topic and is not handed out yet."""

    __slots__ = ("awaited_end", "fetches", "missed", "name", "start", "topic", "waiting")

    def __init__(self, name: str, topic: Topic) -> None:
        self.name = name
        self.topic = topic
        self.fetches: deque[Sequence[RecordLike]] = deque()
        self.start = 0
        self.waiting = 0
        self.awaited_end: int | None = None
        self.missed = False

    @property
    def full(self) -> bool:
        """Whether enough waits here: by records, since a fetch may hold one, and by fetches, since a record may be large."""
        return self.waiting >= WAITING_RECORDS and len(self.fetches) >= WAITING_FETCHES

    @property
    def head(self) -> RecordLike:
        """The next record; there must be one."""
        return self.fetches[0][self.start]

    def add(self, records: Sequence[RecordLike]) -> None:
        """One fetch of the topic; it follows those added before."""
        if records:
            self.fetches.append(records)
            self.waiting += len(records)
            self.missed = False

    def take(self, count_max: int, until_ms: int | None) -> Sequence[RecordLike]:
        """The next records of the first fetch, as long as they are not newer than `until_ms`; never none."""
        records, start = self.fetches[0], self.start
        stop = min(len(records), start + count_max)
        if until_ms is not None:
            end = start + 1
            while end < stop and records[end].timestamp <= until_ms:
                end += 1
            stop = end
        self.waiting -= stop - start
        if stop < len(records):
            self.start = stop
        else:
            self.fetches.popleft()
            self.start = 0
        return records if start == 0 and stop == len(records) else records[start:stop]


class Merge:
    """The lanes of one partition number, merged by timestamp."""

    def __init__(self, number: int, topics: Mapping[str, Topic]) -> None:
        self.number = number
        self.lanes = {name: Lane(name, topic) for name, topic in topics.items()}
        self._held_s = 0.0
        self._looked_at_s: float | None = None

    @property
    def waiting(self) -> int:
        """How many records wait here."""
        return sum(lane.waiting for lane in self.lanes.values())

    def take(self, fetched: FetchedOf | None, now_s: float, count_max: int = CHUNK_RECORDS_MAX) -> Chunk | None:
        """The next chunk, or None when nothing is here or a topic must be waited for; nothing is without `fetched`."""
        filled = [lane for lane in self.lanes.values() if lane.fetches]
        if not filled:
            return None
        awaited = [lane for lane in self.lanes.values() if not lane.fetches and not lane.missed and _awaited(lane, fetched)]
        if awaited:
            if self._looked_at_s is not None:
                self._held_s += min(now_s - self._looked_at_s, LOOK_S_MAX)
            self._looked_at_s = now_s
            if self._held_s < HOLD_BACK_S_MAX:
                return None
            for lane in awaited:
                lane.missed = True
        self._held_s, self._looked_at_s = 0.0, None
        for lane in self.lanes.values():
            lane.awaited_end = None
        return self._merged(filled, fetched, count_max)

    def _merged(self, filled: list[Lane], fetched: FetchedOf | None, count_max: int) -> Chunk:
        runs: list[tuple[Topic, Sequence[RecordLike]]] = []
        next_offsets: dict[str, int] = {}
        count = 0
        while filled and count < count_max:
            lane, until_ms = _next_lane(filled)
            records = lane.take(count_max - count, until_ms)
            runs.append((lane.topic, records))
            count += len(records)
            next_offsets[lane.name] = records[-1].offset + 1
            if not lane.fetches:
                if len(filled) > 1 and _awaited(lane, fetched):
                    break  # what comes next in this topic may be older than what the others have
                filled.remove(lane)
        return Chunk(self.number, runs, count, next_offsets)


def _awaited(lane: Lane, fetched: FetchedOf | None) -> bool:
    """Whether an empty lane has more on the broker, or may have.

    The end that is waited for is the one known first: where new records come all the time, one would wait for ever.
    """
    if fetched is None:
        return False
    known = fetched(lane.name)
    if known is None:
        return True
    if lane.awaited_end is None:
        lane.awaited_end = known.end
    return known.position < lane.awaited_end


def _next_lane(filled: list[Lane]) -> tuple[Lane, int | None]:
    """The lane with the oldest head, and how far it may run before another lane's turn; the earlier topic wins a tie."""
    first, first_ms = filled[0], filled[0].head.timestamp
    until_ms: int | None = None
    for lane in filled[1:]:
        head_ms = lane.head.timestamp
        if head_ms < first_ms:
            first, first_ms, head_ms = lane, head_ms, first_ms
            # The lane that was first comes earlier in the registry: at equal timestamps it goes before the new one.
            head_ms -= 1
        until_ms = head_ms if until_ms is None else min(until_ms, head_ms)
    return first, until_ms
