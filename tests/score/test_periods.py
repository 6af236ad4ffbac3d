"""`limit` per calendar period, in the model's time zone, across the hour that comes twice and the one that never comes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.score.models import limits, model
from tests.score.script import Script
from tests.score.side_by_side import agree
from tests.score.steps import START_MS, Event, Step
from tests.score.streams import HOUR_MS, page_views, points

RULE = "version: v\nscores: {a: {}}\nrules: [{id: r, when: page_view, points: 1, limit: {times: 1, per: PER}}]\n"


def earned(per: str, times: list[str], timezone: str = "Europe/Warsaw") -> float:
    """The points of page views at these times, one a period."""
    script = Script(f"timezone: {timezone}\n" + RULE.replace("PER", per))
    for time in times:
        script.view(time)
    scores = script.scores()
    assert scores is not None
    return scores.total


@pytest.mark.parametrize(
    ("per", "times", "points"),
    [
        # midnight in Warsaw is 23:00 UTC in winter, 22:00 UTC in summer
        ("day", ["2026-11-21T22:59:59.999Z", "2026-11-21T23:00:00Z"], 2),
        ("day", ["2026-11-21T23:00:00Z", "2026-11-22T22:59:59.999Z"], 1),
        ("day", ["2026-07-01T21:59:59.999Z", "2026-07-01T22:00:00Z"], 2),
        # 2026-10-25 has 25 hours, 2026-03-29 has 23
        ("day", ["2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999Z"], 1),
        ("day", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"], 1),
        ("day", ["2026-10-25T22:59:59.999Z", "2026-10-25T23:00:00Z"], 2),
        ("day", ["2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999Z"], 1),
        ("day", ["2026-03-29T21:59:59.999Z", "2026-03-29T22:00:00Z"], 2),
        # weeks begin on Monday: 2026-11-23 is one
        ("week", ["2026-11-22T22:59:59.999Z", "2026-11-22T23:00:00Z"], 2),
        ("week", ["2026-11-22T23:00:00Z", "2026-11-29T22:59:59.999Z"], 1),
        # the week of New Year is one week
        ("week", ["2026-12-31T12:00:00Z", "2027-01-01T12:00:00Z"], 1),
        ("month", ["2026-11-30T22:59:59.999Z", "2026-11-30T23:00:00Z"], 2),
        ("month", ["2026-10-31T23:00:00Z", "2026-11-30T22:59:59.999Z"], 1),
        ("month", ["2026-12-31T22:59:59.999Z", "2026-12-31T23:00:00Z"], 2),
        ("ever", ["1970-01-01T00:00:00Z", "2026-11-22T10:00:00Z"], 1),
    ],
)
def test_where_periods_end(per: str, times: list[str], points: int) -> None:
    """To the millisecond, and by the clock on the wall in Warsaw."""
    assert earned(per, times) == points


def test_the_default_time_zone_is_utc() -> None:
    """Without a time zone a day ends at midnight in UTC."""
    assert earned("day", ["2026-11-21T23:59:59.999Z", "2026-11-22T00:00:00Z"], "UTC") == 2
    assert earned("day", ["2026-11-21T22:59:59.999Z", "2026-11-21T23:00:00Z"], "UTC") == 1


def test_an_older_period_than_the_newest_eight_earns_nothing() -> None:
    """The bound of the contract: a later event in a period that was forgotten earns nothing."""
    days = [f"2026-11-{day:02}T12:00:00Z" for day in range(10, 19)]  # nine days
    assert earned("day", days) == 9
    assert earned("day", [*days[1:], days[0]]) == 8
    assert earned("day", [*days, days[0]]) == 9


@st.composite
def weeks(draw: st.DrawFn) -> list[Step]:
    """Page views around the midnights of eight days, in any order."""
    found: list[Step] = []
    for _ in range(draw(st.integers(1, 14))):
        hours = draw(st.sampled_from([0, 1, 2, 3, 12, 23, 24, 25]))
        time_ms = START_MS + draw(st.integers(-3, 4)) * 24 * HOUR_MS + hours * HOUR_MS + draw(st.sampled_from([-1, 0]))
        found.append(Event("page-views", "lead-1", time_ms, draw(page_views())))
    return found


@given(
    limit=limits, points=points, steps=weeks(), skip=st.integers(0, 2), once_per=st.sampled_from([None, "visit_id"]), alert=st.booleans()
)
def test_limits_per_period(
    limit: dict[str, Any], points: float, steps: list[Step], skip: int, once_per: str | None, *, alert: bool
) -> None:
    """The earliest events of each period earn up to its limit, also when once_per moves a value to an earlier period."""
    rule = {"id": "r", "when": "page_view", "points": points, "limit": limit, "skip": skip, "alert": alert}
    agree(model(rule if once_per is None else {**rule, "once_per": once_per}), steps)
