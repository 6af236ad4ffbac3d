"""How far a partition number is read in wall clock time: looks at its topics come in, a watermark leaves.

The watermark says: all records that the broker had by then are scored. Where new records come all the time no moment
finds everything read, so a look marks the ends the broker has said, and the mark's time counts once they are passed.
"""

from __future__ import annotations

from collections.abc import Mapping

from streamer.stream.chunk import Chunk
from streamer.stream.fetched import Fetched, FetchedOf
from streamer.stream.merge import Merge


class Watermark:
    """The watermark of one partition number."""

    def __init__(self) -> None:
        self._ends: dict[str, int] | None = None
        self._marked_at_ms = 0
        self._passed_at_ms = 0
        self._last: Chunk | None = None
        self._scored_at_ms = 0

    def at_ms(self) -> int:
        """The watermark in epoch milliseconds; 0 as long as nothing is known."""
        if self._last is None or self._last.scored:
            self._scored_at_ms = self._passed_at_ms
        return self._scored_at_ms

    def look(self, merge: Merge, fetched: FetchedOf, last: Chunk | None) -> None:
        """A look between two fetches; `last` is the newest chunk that was handed out and not acked."""
        if self._last is not None and not self._last.scored:
            return  # the mark that was passed must count before the next one can
        self.at_ms()
        known = {name: fetched(name) for name in merge.lanes}
        if self._marked_at_ms <= self._passed_at_ms:
            self._mark(known)
        if self._ends is not None and all(handed_out_to(merge, name, state) >= self._ends[name] for name, state in known.items()):
            self._passed_at_ms = self._marked_at_ms
            self._last = last
            self._mark(known)

    def _mark(self, known: Mapping[str, Fetched | None]) -> None:
        states = {name: state for name, state in known.items() if state is not None}
        if len(states) == len(known):
            self._ends = {name: state.end for name, state in states.items()}
            self._marked_at_ms = min(state.said_at_ms for state in states.values())


def handed_out_to(merge: Merge, name: str, state: Fetched | None) -> int:
    """The first offset of a topic that was not handed out; -1 when that is not known."""
    lane = merge.lanes[name]
    if lane.fetches:
        return lane.head.offset
    return -1 if state is None else state.position


def lag(merge: Merge, topic: str, state: Fetched | None, end: int) -> int | None:
    """How many records of a topic were not handed out yet; None where that is not known. `end`: as heard from elsewhere, or -1."""
    end = max(end, -1 if state is None else state.end)
    place = handed_out_to(merge, topic, state)
    return None if place < 0 or end < 0 else max(end - place, 0)
