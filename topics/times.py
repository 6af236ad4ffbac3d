"""Times on the wire: RFC 3339 text with an offset in, epoch milliseconds out, and back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
_EPOCH_DAY = EPOCH.toordinal()
TIME_MS_MAX = 253_402_300_799_999  # the last millisecond of the year 9999, where RFC 3339 ends

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(?:\.(\d+))?(?:[Zz]|([+-]\d\d:[0-5]\d))", re.ASCII)


def parse_rfc3339(text: str) -> int | None:
    """Epoch milliseconds, finer digits cut; None if the text is no RFC 3339 time with an offset. A leap second is the next one."""
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    day, minutes, seconds, fraction, offset = match.groups()
    leap = seconds == "60"
    try:
        moment = datetime.fromisoformat(f"{day}T{minutes}{'59' if leap else seconds}{offset or '+00:00'}")
        whole_ms = (moment - EPOCH) // MILLISECOND
    except (ValueError, OverflowError):
        return None
    return whole_ms + 1000 * leap + int(((fraction or "") + "000")[:3])


def format_rfc3339(time_ms: int) -> str:
    """The time in UTC with three decimals and a `Z`, as in `2026-11-22T10:00:00.123Z`."""
    return f"{_minute(time_ms // 60_000)}{_SECONDS[time_ms // 1000 % 60]}{_MILLISECONDS[time_ms % 1000]}"


_SECONDS = tuple(f"{second:02}." for second in range(60))
_MILLISECONDS = tuple(f"{millisecond:03}Z" for millisecond in range(1000))


@lru_cache(maxsize=16_384)
def _minute(minutes: int) -> str:
    """A minute since 1970 as `2026-11-22T10:00:`."""
    day, minute = divmod(minutes, 1440)
    return f"{date.fromordinal(_EPOCH_DAY + day).isoformat()}T{minute // 60:02}:{minute % 60:02}:"
