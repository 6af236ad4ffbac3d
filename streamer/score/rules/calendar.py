"""Calendar periods: the number of the day, week or month that a time falls in, in the model's time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from streamer.model.spec import Per

PeriodOf = Callable[[int], int]
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def period_of(per: Per, timezone: str) -> PeriodOf:
    """Time in milliseconds -> a number that is the same within a period and grows from one to the next. Weeks begin on Monday."""
    zone = ZoneInfo(timezone)

    @lru_cache(maxsize=4096)
    def period(minute: int) -> int:
        local = (_EPOCH + timedelta(minutes=minute)).astimezone(zone)
        match per:
            case Per.DAY:
                return local.toordinal()
            case Per.WEEK:
                return (local.toordinal() - 1) // 7
            case Per.MONTH:
                return local.year * 12 + local.month
            case Per.EVER:
                return 0

    # Zones differ from UTC by whole minutes, so a period never begins within one.
    return lambda time_ms: period(time_ms // 60_000)
