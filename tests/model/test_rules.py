"""Rules: every form with exactly the keys that go with it, and the reason where one does not."""

from __future__ import annotations

import itertools

import pytest

from streamer.model.rules import FADING, KEYS
from streamer.model.spec import Award, Condition, Count, Equals, FieldTest, Form, Glob, Limit, Per, Rule
from tests.model.snippets import HEAD, faults, rule, with_rule

DAY_MS = 86_400_000
CALL, VIEW = Condition(("call",)), Condition(("page_view",))


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("when: call, points: 1", Rule("r", Form.PLAIN, "a", 1, (CALL,))),
        ("when: call, alert: true", Rule("r", Form.PLAIN, "a", 0, (CALL,), alert=True)),
        ("when: call, points: -2.5, score: b", Rule("r", Form.PLAIN, "b", -2.5, (CALL,))),
        ("when: call, points: 1, score: c", Rule("r", Form.PLAIN, "c", 1, (CALL,))),
        ("when: call, points: 1, once_per: x.y, skip: 1", Rule("r", Form.PLAIN, "a", 1, (CALL,), once_per="x.y", skip=1)),
        ("when: call, points: 1, limit: {points: 15, per: day}", Rule("r", Form.PLAIN, "a", 1, (CALL,), limit=Limit(15, None, Per.DAY))),
        ("when: call, points: 1, limit: {times: 3}", Rule("r", Form.PLAIN, "a", 1, (CALL,), limit=Limit(None, 3, Per.EVER))),
        (
            "when: call, points: 1, limit: {times: 3, points: 2.5, per: month}",
            Rule("r", Form.PLAIN, "a", 1, (CALL,), limit=Limit(2.5, 3, Per.MONTH)),
        ),
        ("when: call, points: 1, expires_after: 30d", Rule("r", Form.PLAIN, "a", 1, (CALL,), expires_after_ms=30 * DAY_MS)),
        ("when: call, points: 1, half_life: 2w", Rule("r", Form.PLAIN, "a", 1, (CALL,), half_life_ms=14 * DAY_MS)),
        (
            "when: call, points: 1, count: {at_least: 5, within: 2d}",
            Rule("r", Form.COUNT, "a", 1, (CALL,), count=Count(low=5, within_ms=2 * DAY_MS)),
        ),
        (
            "when: call, points: 1, count: {more_than: 6, less_than: 9, distinct: p, same: q}, award: each, half_life: 1h",
            Rule("r", Form.COUNT, "a", 1, (CALL,), count=Count(7, 8, None, "p", "q"), award=Award.EACH, half_life_ms=3_600_000),
        ),
        (
            "when: page_view, points: 1, count: {at_least: 1, same: category}, score: c",
            Rule("r", Form.COUNT, "c", 1, (VIEW,), count=Count(low=1, same="category")),
        ),
        (
            "all: [{when: call}, {when: page_view, where: {n: 1}}], points: 1",
            Rule("r", Form.ALL, "a", 1, (CALL, Condition(("page_view",), (FieldTest("n", Equals(1)),)))),
        ),
        (
            "sequence: [{when: call}, {when: page_view}], within: 5m, points: 1, award: once, expires_after: 30s",
            Rule("r", Form.SEQUENCE, "a", 1, (CALL, VIEW), within_ms=300_000, award=Award.ONCE, expires_after_ms=30_000),
        ),
        (
            "after: {when: call}, without: {when: page_view}, within: 12h, points: 1",
            Rule("r", Form.AFTER, "a", 1, (CALL, VIEW), within_ms=43_200_000),
        ),
        (
            "profile: {job_title: x}, points: 1, award: while",
            Rule("r", Form.PROFILE, "a", 1, profile=(FieldTest("job_title", Glob("x")),)),
        ),
    ],
)
def test_every_form(snippet: str, expected: Rule) -> None:
    """Each form of the contract becomes the rule it says, with the defaults of the contract."""
    assert rule(snippet) == expected


VALUES = {
    "when": "call",
    "where": "{a: 1}",
    "count": "{at_least: 1}",
    "all": "[{when: call}]",
    "sequence": "[{when: call}]",
    "after": "{when: call}",
    "without": "{when: call}",
    "within": "1d",
    "profile": "{a: 1}",
    "once_per": "a",
    "skip": "1",
    "limit": "{times: 1}",
    "expires_after": "1d",
    "half_life": "1d",
    "award": "once",
}
OPENING = {
    Form.PLAIN: ("when",),
    Form.COUNT: ("when", "count"),
    Form.ALL: ("all",),
    Form.SEQUENCE: ("sequence",),
    Form.AFTER: ("after", "without", "within"),
    Form.PROFILE: ("profile",),
}


@pytest.mark.parametrize(("form", "key"), list(itertools.product(Form, VALUES)))
def test_every_key_with_every_form(form: Form, key: str) -> None:
    """A key that does not belong to a form is refused there, one that belongs to it is accepted."""
    if form is Form.PLAIN and key == "count":
        return
    keys = dict.fromkeys((*OPENING[form], key))
    if key in FADING and form is not Form.PLAIN:
        keys["award"] = None
    found = faults(with_rule(", ".join(f"{one}: {VALUES[one]}" for one in keys) + ", points: 1"))
    assert bool(found) == (key not in KEYS[form]), found
    if found:
        assert key in found[0]
        assert len(found) == 1


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("points: 1", "rules[0]: expected exactly one of when, all, sequence, after, profile, got none of them"),
        ("when: call, all: [{when: call}]", "rules[0]: expected exactly one of when, all, sequence, after, profile, got when and all"),
        ("wen: call, profile: {a: 1}", 'rules[0]: unknown key "wen", did you mean "when"?'),
        ("when: call, points: ten", 'rules[0].points: expected a number, got "ten"'),
        ("when: call, points: true", "rules[0].points: expected a number, got true"),
        ("when: call, points:", "rules[0].points: expected a number, got nothing"),
        ("when: call, points: 1000001", "rules[0].points: expected a number from -1000000 to 1000000, got 1000001"),
        ("when: call, score: d", 'rules[0].score: unknown score "d", expected one of a, b, c'),
        ("when: call, score: total", "rules[0].score: `total` is worked out from the scores"),
        ("when: call, score: 1", "rules[0].score: expected a score (in quotes), got 1"),
        ("when: call, alert: yes", 'rules[0].alert: expected true or false, got "yes"'),
        ("when: call, once_per: 5", "rules[0].once_per: expected the name of a field (in quotes), got 5"),
        ("when: call, skip: -1", "rules[0].skip: expected at least 0, got -1"),
        ("when: call, skip: 1.5", "rules[0].skip: expected a whole number, got 1.5"),
        ("when: call, limit: {per: day}", "rules[0].limit: expected points, times or both"),
        ("when: call, limit: {times: 0}", "rules[0].limit.times: expected at least 1, got 0"),
        ("when: call, limit: {points: 0}", "rules[0].limit.points: expected a number above 0, got 0"),
        ("when: call, limit: {points: -5}", "rules[0].limit.points: expected a number above 0, got -5"),
        ("when: call, limit: {times: 1, per: year}", 'rules[0].limit.per: unknown period "year", expected one of day, week, month, ever'),
        ("when: call, limit: 5", "rules[0].limit: expected a mapping, got 5"),
        ("when: call, expires_after: 1d, half_life: 1d", "rules[0].half_life: `expires_after` and `half_life` exclude each other"),
        ("when: call, count: {at_least: 1}, half_life: 1d", "rules[0].half_life: `half_life` is only on plain rules"),
        ("profile: {a: 1}, award: while, expires_after: 1d", "rules[0].expires_after: `expires_after` is only on plain rules"),
        ("profile: {a: 1}, award: twice", 'rules[0].award: unknown award "twice", expected one of while, once, each'),
        ("when: call, count: {at_least: 1}, within: 1d", "rules[0].within: `within` stands only with `all`, `sequence` or `after`"),
        ("all: [{when: call}], where: {a: 1}", "rules[0].where: `where` stands only beside a `when`"),
        ("after: {when: call}, within: 1d", "rules[0].after: `after` needs `without` beside it"),
        ("after: {when: call}, without: {when: call}", "rules[0].after: `after` needs `within` beside it"),
        ("all: []", "rules[0].all: expected at least one item"),
        ("all: [" + "{when: call}, " * 9 + "]", "rules[0].all: at most 8 conditions, got 9"),
        ("profile: {a: 1}, score: c", "rules[0].score: the score c is kept by category"),
        ("when: call, count: {at_least: 1}, score: c", "rules[0].score: a count feeds the score c only with `same: category`"),
        ("when: call, count: {at_least: 1, same: x}, score: c", "rules[0].score: a count feeds the score c only with `same: category`"),
        ("sequence: [{when: call}], score: c", "rules[0].score: the score c is kept by category"),
    ],
)
def test_refused(snippet: str, expected: str) -> None:
    """A combination or value that the contract does not name is refused at its key, with the reason, and only there."""
    found = faults(with_rule(snippet))
    assert len(found) == 1, found
    assert found[0].split(": ", 1)[1].startswith(expected)


@pytest.mark.parametrize("written", ["30", "1.5h", "-1d", "0s", "1y", "1 d", "d", "1d12h", "٣d", "1D", "", "[1d]", "3651d", "9999999999s"])
def test_no_duration(written: str) -> None:
    """A duration is a positive whole number and one of s, m, h, d, w; at most ten years."""
    found = faults(with_rule(f"when: call, points: 1, half_life: {written}"))
    assert len(found) == 1
    assert "rules[0].half_life: expected a duration such as 30s" in found[0] or "at most 3650d" in found[0]


@pytest.mark.parametrize(
    ("snippet", "accepted"),
    [
        ("skip: 128", True),
        ("skip: 129", False),
        ("limit: {times: 128}", True),
        ("limit: {times: 129}", False),
        ("limit: {times: 128, points: 10000}", True),
        ("limit: {points: 640}", True),
        ("limit: {points: 641}", False),
    ],
)
def test_bounds_of_points_that_go_away(snippet: str, accepted: bool) -> None:
    """Beside expires_after or half_life at most 128 earnings are kept; points of 5 reach a limit of 640 with the 128th."""
    assert (faults(with_rule(f"when: call, points: -5, {snippet}")) == []) is True
    for fading in ("expires_after: 1d", "half_life: 1d"):
        assert (faults(with_rule(f"when: call, points: -5, {fading}, {snippet}")) == []) is accepted


def test_ids() -> None:
    """An id is text of 1 to 100 characters that no other rule has; a threshold may have the id of a rule."""
    two = "- {id: x, when: call, points: 1}\n"
    assert faults(f"{HEAD}rules:\n{two}{two}") == ['8:8: rules[1].id: the id "x" is already taken by rules[0]']
    assert faults(f"{HEAD}rules:\n{two}thresholds:\n- {{id: x, at: 1}}\n") == []
    for written in ("5", '""', "x" * 101, "~", "[x]"):
        assert [fault.startswith("7:8: rules[0].id: ") for fault in faults(f"{HEAD}rules:\n- {{id: {written}, when: call}}\n")] == [True]
    assert faults(f"{HEAD}rules:\n- {{when: call}}\n") == ['7:3: rules[0]: "id" is missing']


def test_too_many_rules() -> None:
    """The number of rules is bounded."""
    rules = "".join(f"- {{id: r{number}, when: call, points: 1}}\n" for number in range(501))
    assert faults(f"{HEAD}rules:\n{rules}") == ["7:1: rules: at most 500 rules, got 501"]
