"""A rule, the events and the rises of a lead so far and the present in; what the rule gives out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from streamer.model.spec import Award, Per, Rule, Score
from tests.oracle.fields import Value, meets, value_of
from tests.oracle.happened import Happened


@dataclass(frozen=True)
class Given:
    """What a rule gives: `value` is the category of a score with `by`, or the value of `same`."""

    value: Value | None
    points: float
    times: int


def given_by_plain(rule: Rule, score: Score, events: list[Happened], timezone: str, now_ms: int) -> list[Given]:
    """What the events of a plain rule earn, category by category."""
    earned: dict[Value | None, list[tuple[int, float]]] = defaultdict(list)
    for event, points in _earning(rule, score, events, timezone):
        earned[None if score.by is None else value_of(event.fields, score.by)].append((event.time_ms, points))
    return [given for value, earnings in earned.items() if (given := _left(rule, value, earnings, now_ms)).times]


def given_by_truth(rule: Rule, value: Value | None, holds: bool, rises_ms: list[int], now_ms: int) -> Given:
    """What a rule gives that is true or false, and rose at these times."""
    match rule.award:
        case Award.WHILE:
            return Given(value, rule.points * holds, int(holds))
        case Award.ONCE:
            return _left(rule, value, [(time_ms, rule.points) for time_ms in rises_ms[:1]], now_ms)
        case Award.EACH:
            return _left(rule, value, [(time_ms, rule.points) for time_ms in rises_ms], now_ms)


def _left(rule: Rule, value: Value | None, earnings: list[tuple[int, float]], now_ms: int) -> Given:
    """What is left at `now_ms` of points earned at these times."""
    if rule.expires_after_ms is not None:
        earnings = [(time_ms, points) for time_ms, points in earnings if now_ms < time_ms + rule.expires_after_ms]
    if rule.half_life_ms is not None:
        earnings = [(time_ms, points * 2 ** (-(now_ms - time_ms) / rule.half_life_ms)) for time_ms, points in earnings]
    return Given(value, sum(points for _, points in earnings), len(earnings))


def _earning(rule: Rule, score: Score, events: list[Happened], timezone: str) -> list[tuple[Happened, float]]:
    """The events that earn, each with its points: first `once_per`, then `skip`, then `limit`, along event time."""
    matching = [event for event in events if meets(rule.conditions[0], event.kind, event.fields)]
    if score.by is not None:
        matching = [event for event in matching if value_of(event.fields, score.by) is not None]
    matching.sort(key=lambda event: (event.time_ms, event.arrival))
    if rule.once_per is not None:
        earliest: dict[Any, Happened] = {}
        for event in matching:
            value = value_of(event.fields, rule.once_per)
            if value is not None:
                earliest.setdefault((isinstance(value, str), value), event)
        matching = list(earliest.values())
    matching = matching[rule.skip :]
    if rule.limit is None:
        return [(event, rule.points) for event in matching]
    earning: list[tuple[Happened, float]] = []
    size_used: dict[object, float] = defaultdict(float)
    times_used: dict[object, int] = defaultdict(int)
    for event in matching:
        period = _period(rule.limit.per, event.time_ms, timezone)
        size = abs(rule.points)
        if rule.limit.points is not None:
            room = round(rule.limit.points - size_used[period], 6)
            if size and room <= 0:
                continue
            size = min(size, room)
        if rule.limit.times is not None and times_used[period] >= rule.limit.times:
            continue
        size_used[period] += size
        times_used[period] += 1
        earning.append((event, -size if rule.points < 0 else size))
    return earning


def _period(per: Per, time_ms: int, timezone: str) -> object:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).astimezone(ZoneInfo(timezone))
    match per:
        case Per.DAY:
            return local.date()
        case Per.WEEK:
            return local.isocalendar()[:2]
        case Per.MONTH:
            return local.year, local.month
        case Per.EVER:
            return None
