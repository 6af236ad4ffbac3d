"""Fetched records of one partition number come in per topic; chunks leave, in the order of the records' timestamps across topics.

Within a topic the order is that of the offsets, whatever the timestamps say. While a topic that is known to hold more
has nothing here, the others are held back, but only for a while: a partition whose broker is away stalls nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from streamer.score.records import RecordLike
from streamer.stream.chunk import Chunk
from topics.registry import Topic

CHUNK_RECORDS_MAX: Final = 1000
HOLD_BACK_S_MAX: Final = 0.5
# A topic with this much waiting is not fetched: one fetch is being merged, one is behind it.
WAITING_RECORDS: Final = 2 * CHUNK_RECORDS_MAX
WAITING_FETCHES: Final = 2


class Lane:
    """What was fetched of one topic and is not handed out yet."""

    __slots__ = ("fetches", "missed", "name", "start", "topic", "waiting")

    def __init__(self, name: str, topic: Topic) -> None:
        self.name = name
        self.topic = topic
        self.fetches: deque[Sequence[RecordLike]] = deque()
        self.start = 0
        self.waiting = 0
        self.missed = False

    @property
    def full(self) -> bool:
        """Whether enough of the topic waits here: by records, since a fetch may hold one, and by fetches, since a record may be large."""
        return self.waiting >= WAITING_RECORDS and len(self.fetches) >= WAITING_FETCHES

    def add(self, records: Sequence[RecordLike]) -> None:
        """One fetch of the topic; it follows those added before."""
        if records:
            self.fetches.append(records)
            self.waiting += len(records)
            self.missed = False

    def head_ms(self) -> int:
        """The timestamp of the next record; there must be one."""
        return self.fetches[0][self.start].timestamp

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
        self._held_since_s: float | None = None

    @property
    def empty(self) -> bool:
        """Whether everything that was fetched is handed out."""
        return not any(lane.fetches for lane in self.lanes.values())

    def take(self, may_hold_more: Callable[[str], bool], now_s: float, count_max: int = CHUNK_RECORDS_MAX) -> Chunk | None:
        """The next chunk, or None when nothing is here or a topic must be waited for.

        `may_hold_more` says of a topic with nothing here whether the broker has more of it, or may have.
        """
        filled = [lane for lane in self.lanes.values() if lane.fetches]
        if not filled:
            return None
        awaited = [lane for lane in self.lanes.values() if not lane.fetches and not lane.missed and may_hold_more(lane.name)]
        if awaited:
            if self._held_since_s is None:
                self._held_since_s = now_s
            if now_s - self._held_since_s < HOLD_BACK_S_MAX:
                return None
            for lane in awaited:
                lane.missed = True
        self._held_since_s = None
        return self._merged(filled, may_hold_more, count_max)

    def _merged(self, filled: list[Lane], may_hold_more: Callable[[str], bool], count_max: int) -> Chunk:
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
                if len(filled) > 1 and not lane.missed and may_hold_more(lane.name):
                    break  # what comes next in this topic may be older than what the others have
                filled.remove(lane)
        return Chunk(self.number, runs, count, next_offsets)


def _next_lane(filled: list[Lane]) -> tuple[Lane, int | None]:
    """The lane with the oldest head, and how far it may run before another lane's turn; the earlier topic wins a tie."""
    first, first_ms = filled[0], filled[0].head_ms()
    until_ms: int | None = None
    for lane in filled[1:]:
        head_ms = lane.head_ms()
        if head_ms < first_ms:
            first, first_ms, head_ms = lane, head_ms, first_ms
            # The lane that was first comes earlier in the registry: at equal timestamps it goes before the new one.
            head_ms -= 1
        until_ms = head_ms if until_ms is None else min(until_ms, head_ms)
    return first, until_ms
