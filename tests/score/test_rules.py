"""Each form of rule beside the oracle: the alerts of every step, and the scores and reasons after it."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from tests.score.models import after_rules, all_rules, count_rules, model, plain_rules, profile_rules, sequence_rules, where_rules
from tests.score.side_by_side import agree
from tests.score.steps import Step
from tests.score.streams import steps

MANY = ("page-views", "calls", "activities")


@given(rule=plain_rules(), steps=steps())
def test_plain_rules(rule: dict[str, Any], steps: list[Step]) -> None:
    """Each event earns, but for what once_per, skip and limit leave out, until the points expire or decay."""
    agree(model(rule), steps)


@given(rule=where_rules(), steps=steps(("activities",)))
def test_where(rule: dict[str, Any], steps: list[Step]) -> None:
    """A field is tested, and told apart, by its JSON value: 1 is not true and not "1", but it is 1.0; null is absent."""
    agree(model(rule), steps)


@given(rule=count_rules(), steps=steps())
def test_counts(rule: dict[str, Any], steps: list[Step]) -> None:
    """A count is true while so many events, or values, are in the window; with `same` for each value apart."""
    agree(model(rule), steps)


@given(rule=all_rules(), steps=steps(MANY))
def test_all(rule: dict[str, Any], steps: list[Step]) -> None:
    """`all` is true while each condition has an event in the window."""
    agree(model(rule), steps)


@given(rule=sequence_rules(), steps=steps(MANY))
def test_sequence(rule: dict[str, Any], steps: list[Step]) -> None:
    """A sequence is true for good once its conditions happened in order of event time."""
    agree(model(rule), steps)


@given(rule=after_rules(), steps=steps(MANY))
def test_after(rule: dict[str, Any], steps: list[Step]) -> None:
    """`after` turns true when the wait has run its time, and only then."""
    agree(model(rule), steps)


@given(rule=profile_rules(), steps=steps(with_profiles=True))
def test_profile(rule: dict[str, Any], steps: list[Step]) -> None:
    """A profile rule is true while the newest profile matches."""
    agree(model(rule), steps)
