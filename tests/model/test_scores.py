"""`scores` and `total`: names, bounds, and references to what is not there."""

from __future__ import annotations

import pytest

from streamer.model import read_model
from streamer.model.spec import Constant, Score
from tests.model.snippets import HEAD, faults


def test_order_and_bounds_are_kept() -> None:
    """Scores stay in the order of the file, with numbers as they are written."""
    model = read_model("version: 1\nscores:\n  z: {min: -20, max: 1.5}\n  _a1: {by: properties.plan}\n  y:\n").model
    assert model.scores == (Score("z", None, -20, 1.5), Score("_a1", "properties.plan"), Score("y"))
    assert isinstance(model.scores[0].min, int)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ("{}", "2:9: scores: expected at least one score"),
        ("[a]", "2:9: scores: expected a mapping, got a list"),
        ("{total: {}}", "2:10: scores: `total` is the name of the formula, a score needs another one"),
        ("{a-b: {}}", '2:10: scores: expected a name of the letters a to z, digits and _ that starts with a letter, got "a-b"'),
        ("{1: {}}", "2:10: scores: expected a name of the letters a to z"),
        ("{wynik_ą: {}}", "2:10: scores: expected a name of the letters a to z"),
        ('{"": {}}', "2:10: scores: expected a name of the letters a to z"),
        ("{a: {by: category}}", "2:13: scores.a: the first score is the default one and may not have `by`"),
        ("{a: {min: 5, max: 4}}", "2:19: scores.a.min: min 5 is above max 4"),
        ("{a: {min: x}}", '2:19: scores.a.min: expected a number, got "x"'),
        ("{a: {mx: 5}}", '2:14: scores.a: unknown key "mx", did you mean "max"?'),
        ("{a: 5}", "2:13: scores.a: expected a mapping, got 5"),
        ("{a: {}, a: {}}", '2:17: scores: the key "a" is there twice'),
        ("{" + ", ".join(f"s{number}: {{}}" for number in range(33)) + "}", "2:9: scores: at most 32 scores, got 33"),
    ],
)
def test_refused(scores: str, expected: str) -> None:
    """A score that cannot be is refused at its name or value."""
    found = faults(f"version: 1\nscores: {scores}\n")
    assert found[0].startswith(expected)
    assert len(found) == 1


def test_equal_bounds() -> None:
    """A minimum may equal the maximum."""
    assert faults("version: 1\nscores: {a: {min: 5, max: 5}}") == []


@pytest.mark.parametrize("total", ["a + b", "a - 2 * c[mens]", "profile.budget", "'5'", "5", "2.5", "max(a, b) / 0"])
def test_totals(total: str) -> None:
    """A total is a formula over existing scores, or just a number."""
    model = read_model(f"{HEAD}total: {total}").model
    assert model.total is not None
    if total in ("5", "'5'"):
        assert model.total == Constant(5)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        ("a + d", '6:8: total: unknown score "d", expected one of a, b, c'),
        ("c", "6:8: total: the score c has one number for each category: name one, as in c[mens]"),
        ("a[x]", "6:8: total: the score a has no `by`, so no [x]"),
        ("total + 1", "6:8: total: `total` cannot be worked out from itself"),
        ("a +", "6:8: total: not a formula: expected a number, a score"),
        ("", "6:7: total: expected a formula or a number, got nothing"),
        ("true", "6:8: total: expected a formula or a number, got true"),
        ("[a]", "6:8: total: expected a formula or a number, got a list"),
        (".inf", "6:8: total: expected a finite number, got .inf"),
    ],
)
def test_refused_totals(total: str, expected: str) -> None:
    """A total over what is not there is refused."""
    found = faults(f"{HEAD}total: {total}")
    assert len(found) == 1
    assert found[0].startswith(expected)
