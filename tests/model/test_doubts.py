"""Warnings: what is legal and surely not meant, and what is not warned of."""

from __future__ import annotations

import pytest

from streamer.model import read_model
from tests.model.snippets import HEAD, faults, threshold, warnings, with_rule, with_threshold


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("when: call", "rules[0]: the rule gives no points and no alert"),
        ("when: call, where: {seconds: {at_least: 10, at_most: 5}}, points: 1", "rules[0].where.seconds: no number is within these bounds"),
        ("when: call, where: {seconds: {more_than: 5, at_most: 5}}, points: 1", "rules[0].where.seconds: no number is within these bounds"),
        ("when: call, where: {outcome: answerd}, points: 1", "rules[0].where.outcome: outcome is always one of answered, busy,"),
        ("when: call, where: {direction: null}, points: 1", "rules[0].where.direction: direction is always one of inbound, outbound"),
        ("when: email_opened, where: {action: clicked}, points: 1", "rules[0].where.action: action is always one of opened here"),
        ("when: call, where: {human: false}, points: 1", "rules[0].where.human: events of machines (human: false) are not scored"),
        ("all: [{when: call, where: {outcome: x}}], points: 1", "rules[0].all[0].where.outcome: outcome is always one of"),
        (
            "after: {when: call}, without: {when: call, where: {outcome: x}}, within: 1d, points: 1",
            "rules[0].without.where.outcome: outcome is always",
        ),
        ("when: call, count: {at_least: 5, at_most: 4}, points: 1", "rules[0].count: no number is within these bounds"),
        ("when: call, count: {more_than: 5, less_than: 6}, points: 1", "rules[0].count: no number is within these bounds"),
    ],
)
def test_doubtful_rules(snippet: str, expected: str) -> None:
    """A rule that does nothing, or waits for what cannot come, is accepted with a word."""
    (warning,) = warnings(with_rule(snippet))
    assert warning.startswith(expected)


@pytest.mark.parametrize(
    "snippet",
    [
        "when: call, alert: true",
        "when: call, where: {outcome: ['answer*', x]}, points: 1",
        "when: [call, message], where: {direction: inbound}, points: 1",
        "when: [call, message], where: {outcome: x}, points: 1",
        "when: [email_opened, email_clicked], where: {action: clicked}, points: 1",
        "when: call, where: {human: true}, points: 1",
        "when: call, where: {anything: {at_least: 5, at_most: 5}}, points: 1",
        "when: call, where: {colour: red}, points: 1",
        "when: call, count: {at_least: 5, at_most: 5}, points: 1",
    ],
)
def test_rules_without_doubt(snippet: str) -> None:
    """What may come true is not warned of, also where the field is none that the contract names."""
    assert warnings(with_rule(snippet)) == []


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("score: b, at: 101", "thresholds[0].at: the score never gets above 100"),
        ('score: "c[x]", at: 51', "thresholds[0].at: the score never gets above 50"),
        ("score: b, falls_below: 0", "thresholds[0].falls_below: the score never gets below 0"),
        ("score: b, falls_below: 101", "thresholds[0].falls_below: the score is always below"),
        ("leads: c, by: 51", "thresholds[0].by: the score never gets above 50"),
        ("score: b, at: 30, rearm_below: 40", "thresholds[0].rearm_below: above `at`: taken as 30"),
    ],
)
def test_doubtful_thresholds(snippet: str, expected: str) -> None:
    """A threshold that no score can cross is accepted with a word."""
    (warning,) = warnings(with_threshold(snippet))
    assert warning.startswith(expected)


@pytest.mark.parametrize(
    "snippet", ["score: b, at: 100", "score: b, falls_below: 0.1", "score: a, at: 9999", "at: 9999", "leads: c, by: 50"]
)
def test_thresholds_without_doubt(snippet: str) -> None:
    """The ends of a range are reached, a score without bounds and a total over it reach everything."""
    assert warnings(with_threshold(snippet)) == []


def test_rearm_above_at_is_at() -> None:
    """`rearm_below` is at most `at`."""
    assert threshold("at: 30, rearm_below: 40").rearm_below == 30


@pytest.mark.parametrize(
    ("total", "highest"),
    [
        ("", 150), ("total: a + b", 150), ("total: a + b / 5", 110), ("total: b - a", 70), ("total: -a", 20), ("total: 2 * b", 100),
        ("total: b * -2", 40), ("total: min(100, a + profile.x)", 100), ("total: max(b, 70)", 70), ("total: max(a, 120)", 120),
        ("total: 7", 7),
    ],
)  # fmt: skip
def test_how_far_a_total_reaches(total: str, highest: int) -> None:
    """The highest total is worked out where it is simple; a threshold or stage above it is warned of, one at it is not."""
    head = f"version: 1\nscores: {{a: {{min: -20, max: 100}}, b: {{min: -20, max: 50}}}}\n{total}\n"
    assert warnings(f"{head}thresholds: [{{id: t, at: {highest}}}]\nstages: {{s: {highest}}}\n") == []
    found = warnings(f"{head}thresholds: [{{id: t, at: {highest + 1}}}]\nstages: {{s: {highest + 1}}}\n")
    assert [one.split(":")[0] for one in found] == ["thresholds[0].at", "stages.s"]


@pytest.mark.parametrize("total", ["a * b", "a / b", "profile.x", "a / 0", "a - profile.x", "a * 0"])
def test_totals_that_are_not_worked_out(total: str) -> None:
    """Nothing is said of a total that is not simple."""
    head = f"version: 1\nscores: {{a: {{min: -20, max: 100}}, b: {{max: 50}}}}\ntotal: {total}\n"
    assert warnings(f"{head}thresholds: [{{id: t, at: 99999}}, {{id: u, falls_below: -99999}}]") == []


def test_scores_that_nothing_feeds() -> None:
    """A score to which no rule gives points is warned of, at the score."""
    loaded = read_model(f"{HEAD}rules: [{{id: r, when: call, points: 1}}, {{id: s, when: call, score: b, alert: true}}]", "m")
    assert [str(warning) for warning in loaded.warnings] == [
        "m:4:6: scores.b: no rule gives points to the score b",
        "m:5:6: scores.c: no rule gives points to the score c",
    ]


def test_no_warnings_beside_faults() -> None:
    """A model that is refused tells its faults only."""
    found = faults(f"{HEAD}rules: [{{id: r, when: call, score: x, points: 1}}]")
    assert len(found) == 1
