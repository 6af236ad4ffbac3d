"""A rule that is true or false, all events of a lead so far and the present in; whether the rule is true out.

The answer is a mapping: `{None: truth}`, or with `same` the truth for each value that has an event in the window.
"""

from __future__ import annotations

from typing import Any

from streamer.model.spec import Form, Rule
from tests.oracle.fields import Value, all_pass, meets, value_of
from tests.oracle.happened import Happened

Truths = dict[Value | None, bool]


def truths_of(rule: Rule, events: list[Happened], profile: dict[str, Any], now_ms: int) -> Truths:
    """The truth of the rule at `now_ms`."""
    match rule.form:
        case Form.COUNT:
            return _count(rule, events, now_ms)
        case Form.ALL:
            return {None: all(_in_window(_met(rule, number, events), rule.within_ms, now_ms) for number in range(len(rule.conditions)))}
        case Form.SEQUENCE:
            return {None: _happened_in_order(rule, events)}
        case Form.AFTER:
            return {None: _waited_in_vain(rule, events, now_ms)}
        case Form.PROFILE:
            return {None: all_pass(rule.profile, profile, ignore_case=True)}
        case Form.PLAIN:
            return {}


def _met(rule: Rule, number: int, events: list[Happened]) -> list[Happened]:
    return [event for event in events if meets(rule.conditions[number], event.kind, event.fields)]


def _in_window(events: list[Happened], within_ms: int | None, now_ms: int) -> list[Happened]:
    return [event for event in events if event.time_ms <= now_ms and (within_ms is None or now_ms - event.time_ms < within_ms)]


def _count(rule: Rule, events: list[Happened], now_ms: int) -> Truths:
    count = rule.count
    assert count is not None
    needed = [field for field in (count.distinct, count.same) if field is not None]
    counted = [
        event
        for event in _in_window(_met(rule, 0, events), count.within_ms, now_ms)
        if all(value_of(event.fields, field) is not None for field in needed)
    ]

    def is_met(of_one: list[Happened]) -> bool:
        number = len(of_one) if count.distinct is None else len({_identity(event, count.distinct) for event in of_one})
        return count.low <= number and (count.high is None or number <= count.high)

    if count.same is None:
        return {None: is_met(counted)}
    values = {value_of(event.fields, count.same) for event in counted}
    return {value: is_met([event for event in counted if value_of(event.fields, str(count.same)) == value]) for value in values}


def _identity(event: Happened, field: str) -> tuple[bool, Value | None]:
    value = value_of(event.fields, field)
    return isinstance(value, str), value


def _happened_in_order(rule: Rule, events: list[Happened]) -> bool:
    """Tries every way to give each condition an event of its own."""

    def completes(number: int, first: Happened | None, last: Happened | None, used: set[int]) -> bool:
        if number == len(rule.conditions):
            return True
        for event in _met(rule, number, events):
            if event.arrival in used or (last is not None and event.time_ms < last.time_ms):
                continue
            if first is not None and rule.within_ms is not None and event.time_ms - first.time_ms >= rule.within_ms:
                continue
            if completes(number + 1, first or event, event, used | {event.arrival}):
                return True
        return False

    return completes(0, None, None, set())


def _waited_in_vain(rule: Rule, events: list[Happened], now_ms: int) -> bool:
    """Walks along event time: at equal times `after` comes before `without`."""
    assert rule.within_ms is not None
    steps = [(event.time_ms, 0) for event in _met(rule, 0, events)] + [(event.time_ms, 1) for event in _met(rule, 1, events)]
    waiting_since_ms: int | None = None
    is_true = False
    for time_ms, step in [*sorted(steps), (now_ms, 2)]:
        if waiting_since_ms is not None and waiting_since_ms + rule.within_ms <= time_ms:
            waiting_since_ms, is_true = None, True
        if step == 0 and waiting_since_ms is None:
            waiting_since_ms, is_true = time_ms, False
        elif step == 1:
            waiting_since_ms, is_true = None, False
    return is_true
