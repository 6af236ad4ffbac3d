"""Field tests as predicates: what passes, what never does, and how long it may take."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.model.matching import compile_test
from streamer.model.spec import Absent, AnyOf, Compare, Equals, Glob, Test

NOTHING_LIKE_IT: tuple[object, ...] = (None, True, False, 0, 1, 2.5, [], {}, ["a"], {"a": 1})


@pytest.mark.parametrize(
    ("test", "passing", "failing"),
    [
        (Glob("/pricing"), ["/pricing"], ["/Pricing", "/pricing/", "pricing", ""]),
        (Glob(""), [""], [" "]),
        (Glob("*"), ["", "a", "a\nb"], []),
        (Glob("**"), ["", "a"], []),
        (Glob("/pricing*"), ["/pricing", "/pricing/a/b"], ["/price", "a/pricing"]),
        (Glob("*.pdf"), [".pdf", "a/b.pdf"], [".pdfx", "pdf"]),
        (Glob("*head*"), ["head", "a head b", "headhead"], ["hea d", "Head"]),
        (Glob("a*b*c"), ["abc", "a\nb\nc", "aXbbcc"], ["ab", "acb", "abcd"]),
        (Glob("a*a"), ["aa", "aba"], ["a", ""]),
        (Glob("?"), ["a", "\n", "é", "*"], ["", "ab"]),
        (Glob("?*"), ["a", "ab"], [""]),
        (Glob("a?c*"), ["abc", "abcd"], ["ac", "abd"]),
        (Glob("[ab]"), ["[ab]"], ["a", "b"]),
        (Glob("a.c+(d)|\\"), ["a.c+(d)|\\"], ["abc+(d)|\\"]),
        (Glob("1"), ["1"], []),
        (Equals(1), [1, 1.0], [True, 2, "1", None]),
        (Equals(0), [0, 0.0, -0.0], [False, None, ""]),
        (Equals(2.5), [2.5], [2, "2.5"]),
        (Equals(True), [True], [1, 1.0, "true", None, False]),
        (Equals(False), [False], [0, None, ""]),
        (Compare(at_least=1), [1, 1.0, 10**30], [0.999, True, "5", None]),
        (Compare(at_most=1), [1, -5], [1.001, False]),
        (Compare(more_than=1), [1.001], [1, True]),
        (Compare(less_than=1), [0.999], [1, False]),
        (Compare(at_least=1, at_most=3, more_than=1, less_than=3), [2, 1.5], [1, 3, 0, 4]),
        (Compare(more_than=0, at_most=3), [3, 0.1], [0, 3.1]),
        (Absent(), [None], ["", 0, False, [], {}]),
        (AnyOf((Glob("a"), Glob("b"))), ["a", "b"], ["c", None, 1, ["a"]]),
        (AnyOf((Glob("a*"), Equals(3), Absent())), ["ab", 3, None], ["b", 4, True]),
        (AnyOf((Glob("x"), Compare(at_least=3))), ["x", 3], ["X", 2, ["x"]]),
    ],
)
def test_tests(test: Test, passing: list[object], failing: list[object]) -> None:
    """Patterns see only strings, comparisons and equality only numbers, booleans are equal only to themselves."""
    matches = compile_test(test)
    assert [matches(value) for value in passing] == [True] * len(passing)
    assert [matches(value) for value in failing] == [False] * len(failing)
    if isinstance(test, Glob):
        assert not any(matches(value) for value in NOTHING_LIKE_IT)


@pytest.mark.parametrize(
    ("test", "passing", "failing"),
    [
        (Glob("Warsaw"), ["warsaw", "WARSAW"], ["warsa", None, 1]),
        (Glob("*CEO*"), ["ceo", "the Ceo of"], ["c e o"]),
        (Glob("h?AD*"), ["Head", "hOad of x"], ["hd"]),
        (Glob("STRASSE"), ["straße"], ["strase"]),
        (Glob("ŁÓDŹ"), ["łódź"], ["lodz"]),
        (AnyOf((Glob("Ab"), Glob("*C"), Equals(1))), ["aB", "xc", 1], ["b", True, None]),
        (AnyOf((Glob("Ab"), Glob("Cd"))), ["ab", "CD"], ["ad", None, []]),
    ],
)
def test_tests_of_a_profile(test: Test, passing: list[object], failing: list[object]) -> None:
    """With `ignore_case` upper and lower case are the same in every language."""
    matches = compile_test(test, ignore_case=True)
    assert [matches(value) for value in passing] == [True] * len(passing)
    assert [matches(value) for value in failing] == [False] * len(failing)


def slow_glob(pattern: str, text: str) -> bool:
    """The definition: `*` is any text, `?` any one character, everything else itself."""

    @cache
    def matches(at: int, reached: int) -> bool:
        if at == len(pattern):
            return reached == len(text)
        if pattern[at] == "*":
            return matches(at + 1, reached) or (reached < len(text) and matches(at, reached + 1))
        return reached < len(text) and pattern[at] in ("?", text[reached]) and matches(at + 1, reached + 1)

    return matches(0, 0)


@given(st.text(st.sampled_from("ab*?"), max_size=8), st.text(st.sampled_from("ab"), max_size=10))
def test_globs_by_definition(pattern: str, text: str) -> None:
    """However a pattern is compiled, it matches what the definition of a glob says."""
    assert compile_test(Glob(pattern))(text) is slow_glob(pattern, text)


@pytest.mark.parametrize("pattern", ["*a" * 99 + "*b", "*a?" * 66 + "*b", "*" + "?" * 190 + "b*", "*" + "a" * 99 + "?" + "a" * 90 + "b*"])
def test_no_pattern_is_slow(pattern: str) -> None:
    """No pattern makes a long value costly."""
    matches = compile_test(Glob(pattern))
    started = time.process_time()
    assert matches("a" * 60_000) is False
    assert time.process_time() - started < 1
