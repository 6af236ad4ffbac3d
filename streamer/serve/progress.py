"""How far the view is: positions and ends of the topics come in from time to time, what is still to do and how stale it is leaves."""

from __future__ import annotations

from collections.abc import Mapping

from streamer.stream.reader import Place


class Progress:
    """The view since the reading began. Times are epoch milliseconds."""

    def __init__(self, began_ms: int, starts: Mapping[Place, int], ends: Mapping[Place, int]) -> None:
        self.began_ms = began_ms
        self.complete_ms: int | None = None
        """When the topics held nothing that the view has not now; None before that was ever so."""
        self.of = sum(ends[place] - start for place, start in starts.items())
        self.done = 0
        self._first_ends = dict(ends)
        # With steady traffic the end is never reached. The end as it was a moment ago is, and that moment is then the answer.
        self._mark = began_ms, dict(ends)
        self._positions = dict(starts)

    def see(self, asked_ms: int, positions: Mapping[Place, int], ends: Mapping[Place, int]) -> None:
        """Everything before the positions is in the view; the topics ended there when they were asked."""
        self._positions = dict(positions)
        if self._reached(self._mark[1]):
            self.complete_ms = self._mark[0]
            self._mark = asked_ms, dict(ends)
        if self._reached(ends):
            self.complete_ms = asked_ms
        left = sum(max(0, end - positions[place]) for place, end in self._first_ends.items())
        self.done = max(0, self.of - left)

    def has_begun_with(self, topic: str) -> bool:
        """Whether all of a topic that was there at the beginning is in the view."""
        return self._reached({place: end for place, end in self._first_ends.items() if place.topic == topic})

    def _reached(self, ends: Mapping[Place, int]) -> bool:
        return all(self._positions[place] >= end for place, end in ends.items())
