"""Calendar periods: the number of the day, week or month that a time falls in, in the model's time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.model.spec import Per

PeriodOf = Callable[[int], int]
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def period_of(per: Per, timezone: str) -> PeriodOf:
    """Time in milliseconds -> a number that is the same within a period and grows from one to the next. Weeks begin on Monday."""
    zone = ZoneInfo(timezone)

    def local(time_ms: int) -> datetime:
        return (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone)

    match per:
        case Per.DAY:
            return lambda time_ms: local(time_ms).toordinal()
        case Per.WEEK:
            return lambda time_ms: (local(time_ms).toordinal() - 1) // 7
        case Per.MONTH:
            return lambda time_ms: (moment := local(time_ms)).year * 12 + moment.month
        case Per.EVER:
            return lambda time_ms: 0
