"""A new model against the old one: the fate of every rule, and what else changed."""

from __future__ import annotations

import pytest

from streamer.model import read_model
from streamer.model.compare import compare

OLD = """
version: 1
scores: {a: {}, b: {max: 10}}
rules:
  - {id: kept, when: call, points: 1}
  - {id: points, when: call, points: 1, alert: true}
  - {id: moved, when: call, points: 1}
  - {id: window, when: call, count: {at_least: 5, within: 2d}, points: 1}
  - {id: dropped, when: call, points: 1}
thresholds:
  - {id: hot, at: 30, action: call}
  - {id: gone, at: 60}
stages: {one: 0, two: 30}
"""
NEW = """
version: 2
timezone: Europe/Warsaw
scores: {a: {}, b: {max: 20}, c: {}}
total: a + b
rules:
  - {id: new, when: call, points: 1}
  - {id: window, when: call, count: {at_least: 5, within: 1d}, points: 1}
  - {id: moved, when: call, points: 1, score: b}
  - {id: points, when: call, points: 2.5}
  - {id: kept, when: call, points: 1.0}
thresholds:
  - {id: hot, at: 40, score: a, action: call}
  - {id: added, at: 1}
stages: {two: 35, three: 60}
"""


def test_every_fate() -> None:
    """Rules are kept, re-scored, started anew or dropped; scores, thresholds and stages are added, changed or removed."""
    assert [str(change) for change in compare(read_model(NEW).model, read_model(OLD).model)] == [
        "rule new: started anew (new)",
        "rule window: started anew (observes something else: count)",
        "rule moved: re-scored (score a -> b)",
        "rule points: re-scored (points 1 -> 2.5, alert true -> false)",
        "rule kept: kept",
        "rule dropped: dropped",
        "score b: changed (max 10 -> 20)",
        "score c: added",
        "total: changed",
        "threshold hot: changed (score, at 30 -> 40)",
        "threshold added: added",
        "threshold gone: removed",
        "stage two: changed (at 30 -> 35)",
        "stage three: added",
        "stage one: removed",
        "timezone: changed (UTC -> Europe/Warsaw)",
    ]


BY_CATEGORY = "version: 1\nscores: {a: {}, c: {by: category}}\n"


def test_the_same_model() -> None:
    """Another version alone, or another order of rules, changes nothing."""
    old = read_model(OLD).model
    assert {str(change.effect) for change in compare(read_model(OLD.replace("version: 1", "version: 9")).model, old)} == {"kept"}


def test_a_new_default_score() -> None:
    """Rules that name no score go with the default one."""
    changes = compare(read_model(OLD.replace("{a: {}, b: {max: 10}}", "{b: {max: 10}, a: {}}")).model, read_model(OLD).model)
    assert [str(change) for change in changes if change.id == "kept"] == ["rule kept: re-scored (score a -> b)"]


@pytest.mark.parametrize(
    ("before", "after", "detail"),
    [
        ("score: c", "score: a", "score c -> a"),
        ("score: a", "score: c", "score a -> c"),
        ("score: c", "score: c, skip: 1", "skip 0 -> 1"),
        ("half_life: 1d", "half_life: 1d, skip: 1", "skip 0 -> 1"),
    ],
)
def test_what_is_kept_apart_otherwise_starts_anew(before: str, after: str, detail: str) -> None:
    """Sums of which neither category nor time was kept cannot be told apart later."""
    old, new = (read_model(f"{BY_CATEGORY}rules: [{{id: r, when: call, points: 1, {rule}}}]\n").model for rule in (before, after))
    assert [str(change) for change in compare(new, old)] == [f"rule r: started anew (its points are kept apart otherwise: {detail})"]


def test_another_field_of_a_score_starts_its_rules_anew() -> None:
    """What was seen by category says nothing of channels; a count names its field itself."""
    text = f"{BY_CATEGORY}rules: [{{id: r, when: call, points: 1, score: c}}, {{id: s, when: call, points: 1}}]\n"
    changes = compare(read_model(text.replace("by: category", "by: channel")).model, read_model(text).model)
    assert [str(change) for change in changes] == [
        "rule r: started anew (its points are kept apart otherwise: the category of c)",
        "rule s: kept",
        "score c: changed (by category -> channel)",
    ]
