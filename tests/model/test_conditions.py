"""`when`, `where` and `profile`: every form of a test, and what is none."""

from __future__ import annotations

import pytest

from streamer.model.spec import Absent, AnyOf, Compare, Equals, Glob, Test
from tests.model.snippets import faults, rule, with_rule
from topics import events


@pytest.mark.parametrize("kind", events.ALL_KINDS)
def test_every_kind(kind: str) -> None:
    """Every kind of the contract can be named."""
    assert rule(f"when: {kind}, points: 1").conditions[0].kinds == (kind,)


def test_several_kinds() -> None:
    """A list of kinds sees them all, each once."""
    assert rule("when: [call, message, call], points: 1").conditions[0].kinds == ("call", "message")


@pytest.mark.parametrize(
    ("written", "test"),
    [
        ('"/pricing*"', Glob("/pricing*")),
        ("/catalog/x", Glob("/catalog/x")),
        ("NO", Glob("NO")),
        ('"7"', Glob("7")),
        ('""', Glob("")),
        ("7", Equals(7)),
        ("1.5", Equals(1.5)),
        ("true", Equals(True)),
        ("false", Equals(False)),
        ("null", Absent()),
        ("~", Absent()),
        ("{at_least: 50}", Compare(at_least=50)),
        ("{at_least: 1, at_most: 2, more_than: -3, less_than: 4.5}", Compare(at_least=1, at_most=2, more_than=-3, less_than=4.5)),
        ("[a, 1, true, null, {less_than: 0}]", AnyOf((Glob("a"), Equals(1), Equals(True), Absent(), Compare(less_than=0)))),
    ],
)
def test_every_form_of_a_test(written: str, test: Test) -> None:
    """Text is a pattern, numbers and booleans are equality, null is absence, a mapping compares, a list is any-of."""
    for found in (
        rule(f"when: page_view, where: {{f.g: {written}}}, points: 1").conditions[0].where,
        rule(f"profile: {{f.g: {written}}}, points: 1").profile,
    ):
        assert [(one.field, one.test, type(getattr(one.test, "value", None))) for one in found] == [
            ("f.g", test, type(getattr(test, "value", None)))
        ]


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("when: page_vew", 'rules[0].when: unknown kind of event "page_vew", did you mean "page_view"?'),
        ("when: page-views", 'rules[0].when: unknown kind of event "page-views", did you mean "page_view"?'),
        ("when: email_openned", 'rules[0].when: unknown kind of event "email_openned", did you mean "email_opened"?'),
        ("when: []", "rules[0].when: expected at least one item, got an empty list"),
        ("when: [call, 5]", "rules[0].when[1]: expected one of page_view, email_sent"),
        ("when: {call: 1}", "rules[0].when: expected one of page_view"),
        ("when: call, where: x", 'rules[0].where: expected a mapping, got "x"'),
        ("when: call, where:", "rules[0].where: expected a mapping, got nothing"),
        ("when: call, where: {a: {}}", "rules[0].where.a: expected a comparison with at_least"),
        ("when: call, where: {a: {min: 5}}", 'rules[0].where.a: unknown key "min"'),
        ("when: call, where: {a: {at_least: x}}", 'rules[0].where.a.at_least: expected a number, got "x"'),
        ("when: call, where: {a: {at_least: true}}", "rules[0].where.a.at_least: expected a number, got true"),
        ("when: call, where: {a: {at_least: .inf}}", "rules[0].where.a.at_least: expected a finite number, got .inf"),
        ("when: call, where: {a: .nan}", "rules[0].where.a: expected a finite number, got .nan"),
        ("when: call, where: {a: []}", "rules[0].where.a: expected at least one item"),
        ("when: call, where: {a: [[b]]}", "rules[0].where.a[0]: expected a pattern, number, true, false, null or comparison, got a list"),
        ("when: call, where: {a..b: 1}", "rules[0].where: expected the name of a field"),
        ('when: call, where: {"": 1}', "rules[0].where: expected the name of a field"),
        ("when: call, where: {a: 1, a: 2}", 'rules[0].where: the key "a" is there twice'),
        (f"when: call, where: {{a: {'x' * 201}}}", "rules[0].where.a: a pattern has at most 200 characters, got 201"),
        (f"when: call, where: {{{'x' * 101}: 1}}", "rules[0].where: the name of a field has at most 100 characters, got 101"),
        (f"when: call, where: {{a: [{'x, ' * 1001}]}}", "rules[0].where.a: at most 1000 alternatives, got 1001"),
        ("profile: {}", "rules[0].profile: expected at least one field of the profile"),
        ("profile:", "rules[0].profile: expected a mapping, got nothing"),
        ("all: [{where: {a: 1}}]", 'rules[0].all[0]: "when" is missing'),
        ("all: [{when: call, points: 1}]", 'rules[0].all[0]: unknown key "points", expected one of when, where'),
        ("all: [call]", 'rules[0].all[0]: expected a mapping, got "call"'),
    ],
)
def test_refused(snippet: str, expected: str) -> None:
    """What is no condition is refused at the value or key that is wrong, and only there."""
    found = faults(with_rule(f"points: 1, {snippet}"))
    assert len(found) == 1
    assert found[0].split(": ", 1)[1].startswith(expected)
