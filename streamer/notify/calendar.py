"""Times of quiet and days of a time zone: a moment comes in, when one may speak again, or which day it is, leaves. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` to `end` each day (over midnight if `end` is earlier), and all day on `days` (0 is Monday; not all seven)."""

    start: time | None = None
    end: time | None = None
    days: frozenset[int] = frozenset()

    def loud_from_ms(self, now_ms: int, zone: ZoneInfo) -> int:
        """The first moment from `now_ms` on that is not quiet."""
        moment = datetime.fromtimestamp(now_ms / 1000, zone)
        while (end := self._end(moment)) is not None:
            moment = end
        return max(now_ms, round(moment.timestamp() * 1000))

    def _end(self, moment: datetime) -> datetime | None:
        """When the quiet that the moment is in may end; None when it is in none."""
        tomorrow = moment.date() + timedelta(days=1)
        if moment.weekday() in self.days:
            return datetime.combine(tomorrow, time(), moment.tzinfo)
        if self.start is None or self.end is None:
            return None
        clock = moment.time()
        if self.start < self.end:
            return datetime.combine(moment.date(), self.end, moment.tzinfo) if self.start <= clock < self.end else None
        if clock >= self.start:
            return datetime.combine(tomorrow, self.end, moment.tzinfo)
        return datetime.combine(moment.date(), self.end, moment.tzinfo) if clock < self.end else None


def day_of(now_ms: int, zone: ZoneInfo) -> date:
    """The day that it is then."""
    return datetime.fromtimestamp(now_ms / 1000, zone).date()


def next_day_ms(now_ms: int, zone: ZoneInfo) -> int:
    """When the next day begins."""
    midnight = datetime.combine(day_of(now_ms, zone) + timedelta(days=1), time(), zone)
    return max(now_ms + 1, round(midnight.astimezone(UTC).timestamp() * 1000))
