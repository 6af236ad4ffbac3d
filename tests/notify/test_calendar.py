"""Quiet hours and days: when one may speak again, over midnight, week-ends and changes of the clock."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.notify.calendar import Quiet, day_of, next_day_ms

WARSAW = ZoneInfo("Europe/Warsaw")
NIGHT = Quiet(time(20), time(8))
WEEKEND = Quiet(time(20), time(8), frozenset({5, 6}))


def at(text: str, zone: ZoneInfo = WARSAW) -> int:
    """Epoch milliseconds of a local time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("quiet", "now", "loud"),
    [
        (NIGHT, "2026-11-23T19:59:59", "2026-11-23T19:59:59"),
        (NIGHT, "2026-11-23T20:00", "2026-11-24T08:00"),
        (NIGHT, "2026-11-24T07:59:59", "2026-11-24T08:00"),
        (NIGHT, "2026-11-24T08:00", "2026-11-24T08:00"),
        (Quiet(time(12), time(13)), "2026-11-24T12:30", "2026-11-24T13:00"),
        (Quiet(time(12), time(13)), "2026-11-24T13:00", "2026-11-24T13:00"),
        (WEEKEND, "2026-11-27T21:00", "2026-11-30T08:00"),  # a Friday evening
        (WEEKEND, "2026-11-28T12:00", "2026-11-30T08:00"),
        (Quiet(days=frozenset({5, 6})), "2026-11-29T12:00", "2026-11-30T00:00"),
        (NIGHT, "2026-03-28T23:00", "2026-03-29T08:00"),  # the night with 23 hours
        (NIGHT, "2026-10-24T23:00", "2026-10-25T08:00"),  # the night with 25 hours
    ],
)
def test_quiet_ends(quiet: Quiet, now: str, loud: str) -> None:
    """What comes in quiet hours waits until they end on the clock of the time zone; at their end it may go."""
    assert quiet.loud_from_ms(at(now), WARSAW) == at(loud)


@given(
    st.integers(at("2026-01-01T00:00"), at("2027-01-01T00:00")),
    st.times(),
    st.times(),
    st.frozensets(st.integers(0, 6), max_size=6),
)
def test_it_ends_once(now_ms: int, start: time, end: time, days: frozenset[int]) -> None:
    """It is never quiet for more than a week and a day, and when it ends it has ended."""
    quiet = Quiet(start, end if end != start else None, days)
    loud_ms = quiet.loud_from_ms(now_ms, WARSAW)
    assert now_ms <= loud_ms <= now_ms + 8 * 86_400_000
    assert quiet.loud_from_ms(loud_ms, WARSAW) == loud_ms


@given(st.integers(at("2026-01-01T00:00"), at("2027-01-01T00:00")))
def test_next_day_is_another_day(now_ms: int) -> None:
    """The next day begins where the day's number changes."""
    next_ms = next_day_ms(now_ms, WARSAW)
    assert day_of(next_ms, WARSAW) > day_of(now_ms, WARSAW)
    assert day_of(next_ms - 1, WARSAW) == day_of(now_ms, WARSAW)
