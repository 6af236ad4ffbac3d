"""`count`: comparisons as bounds that include their ends, and how far they may go."""

from __future__ import annotations

import pytest

from streamer.model.spec import Count
from tests.model.snippets import faults, rule, with_rule


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("at_least: 5", Count(5, None)),
        ("more_than: 6", Count(7, None)),
        ("more_than: 0", Count(1, None)),
        ("at_most: 0", Count(0, 0)),
        ("less_than: 1", Count(0, 0)),
        ("less_than: 4, at_least: 2", Count(2, 3)),
        ("more_than: 2, at_most: 9", Count(3, 9)),
        ("at_least: 256, within: 1d", Count(256, None, 86_400_000)),
        ("more_than: 256, within: 1d", Count(257, None, 86_400_000)),
        ("at_most: 256, within: 1d", Count(0, 256, 86_400_000)),
        ("at_least: 128, within: 1d, distinct: x", Count(128, None, 86_400_000, "x")),
        ("at_least: 100000", Count(100_000, None)),
    ],
)
def test_counts(written: str, count: Count) -> None:
    """`more_than: N` begins at N + 1, `less_than: N` ends at N - 1."""
    assert rule(f"when: call, points: 1, count: {{{written}}}").count == count


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", "rules[0].count: expected one of at_least, at_most, more_than, less_than"),
        ("within: 1d", "rules[0].count: expected one of at_least, at_most, more_than, less_than"),
        ("at_least: 0", "rules[0].count.at_least: expected at least 1, got 0"),
        ("less_than: 0", "rules[0].count.less_than: expected at least 1, got 0"),
        ("more_than: -1", "rules[0].count.more_than: expected at least 0, got -1"),
        ("at_most: -1", "rules[0].count.at_most: expected at least 0, got -1"),
        ("at_least: 1.5", "rules[0].count.at_least: expected a whole number, got 1.5"),
        ("at_least: true", "rules[0].count.at_least: expected a whole number, got true"),
        ("at_least: five", 'rules[0].count.at_least: expected a whole number, got "five"'),
        ("at_least: 2, more_than: 1", "rules[0].count.more_than: `at_least` and `more_than` exclude each other"),
        ("at_most: 2, less_than: 3", "rules[0].count.less_than: `at_most` and `less_than` exclude each other"),
        ("at_least: 257, within: 1d", "rules[0].count.at_least: expected at most 256, got 257"),
        ("at_most: 257, within: 1d", "rules[0].count.at_most: expected at most 256, got 257"),
        ("at_least: 129, within: 1d, distinct: x", "rules[0].count.at_least: expected at most 128, got 129"),
        ("at_least: 129, distinct: x", "rules[0].count.at_least: expected at most 128, got 129"),
        ("at_least: 1000001", "rules[0].count.at_least: expected at most 1000000, got 1000001"),
        ("at_least: 1, within: 5", "rules[0].count.within: expected a duration such as 30s"),
        ("at_least: 1, per: day", 'rules[0].count: unknown key "per"'),
        ("atleast: 1, at_most: 2", 'rules[0].count: unknown key "atleast", did you mean "at_least"?'),
        ("at_least: 1, same: [x]", "rules[0].count.same: expected the name of a field, got a list"),
    ],
)
def test_refused(written: str, expected: str) -> None:
    """A count that no whole number can meet, or that a row cannot hold, is refused at its key."""
    found = faults(with_rule(f"when: call, points: 1, count: {{{written}}}"))
    assert len(found) == 1, found
    assert found[0].split(": ", 1)[1].startswith(expected)
