"""The days of the proof: a day's number comes in, times leave, in epoch milliseconds.

They lie ahead of every clock on the wall, so a worker's present is always the newest event it has read.
"""

from __future__ import annotations

from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
FIRST_DAY_MS: Final = 2_524_608_000_000  # 2050-01-01T00:00:00Z
# A day's events; the windows of the model are three times as long, so all of them end before the next day begins.
ACTIVE_MS: Final = 4 * HOUR_MS
WINDOW_MS: Final = 12 * HOUR_MS
COOLDOWN_MS: Final = 6 * HOUR_MS
LATE_MS_MAX: Final = 3 * HOUR_MS


def day_starts_ms(day: int) -> int:
    """When a day begins; days count from 0."""
    return FIRST_DAY_MS + day * DAY_MS
