"""`skip` and `limit`: what a number of earning events is worth."""

from __future__ import annotations

import math
from typing import Final

from streamer.model.spec import Number, Rule

UNLIMITED: Final = 1 << 62


class Cap:
    """The earliest `skip` events earn nothing, then those up to the limit earn `points` each, the last one partly."""

    def __init__(self, spec: Rule) -> None:
        self.points = spec.points
        self.skip = spec.skip
        self.times_max = UNLIMITED
        self.points_max: Number = math.inf
        if spec.limit is not None:
            if spec.limit.times is not None:
                self.times_max = spec.limit.times
            if spec.limit.points is not None and spec.points:
                self.points_max = spec.limit.points
                # an event that finds no room left does not earn; rounding keeps 1.1 / 0.1 at 11
                self.times_max = min(self.times_max, math.ceil(round(spec.limit.points / abs(spec.points), 6)))

    def earned(self, events: int) -> tuple[Number, int]:
        """Points, and the number of events that earn them, of so many events (those that are skipped taken out before)."""
        times = events if events < self.times_max else self.times_max
        points = self.points * times
        if self.points_max < points or points < -self.points_max:
            return (self.points_max if points > 0 else -self.points_max), times
        return points, times

    def part(self, times_used: int, points_used: float) -> Number:
        """The points that the next event earns when so much of the limit is used up; negative points by size."""
        if times_used >= self.times_max:
            return 0
        size = min(abs(self.points), self.points_max - points_used)
        return -size if self.points < 0 else size
