"""A field test -> a fast predicate over a decoded JSON value; a field that is missing is None.

Globs are cut at their stars into pieces of fixed length, found left to right: the time is at most pattern times value, whatever
both are. That is why no regular expression with stars is ever built from a user's pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf

from streamer.model.spec import Absent, AnyOf, Compare, Equals, Glob, Test

Predicate = Callable[[object], bool]


def compile_test(test: Test, *, ignore_case: bool = False) -> Predicate:
    """The test as a function of the value; `ignore_case` folds the case of strings (profiles), nothing else."""
    match test:
        case Glob(pattern):
            return _glob_ignoring_case(pattern) if ignore_case else _glob(pattern)
        case Equals(value):
            return _equals(value)
        case Compare():
            return _compare(test)
        case Absent():
            return lambda value: value is None
        case AnyOf(tests):
            return _any_of(tests, ignore_case)


def _glob_ignoring_case(pattern: str) -> Predicate:
    matches = _glob(pattern.casefold())
    return lambda value: isinstance(value, str) and matches(value.casefold())


def _glob(pattern: str) -> Predicate:
    pattern = re.sub(r"\*+", "*", pattern)
    if "?" not in pattern and len(pieces := pattern.split("*")) <= 3:
        match pieces:
            case [whole]:
                return lambda value: value == whole
            case ["", ""]:
                return lambda value: isinstance(value, str)
            case [start, ""]:
                return lambda value: isinstance(value, str) and value.startswith(start)
            case ["", end]:
                return lambda value: isinstance(value, str) and value.endswith(end)
            case ["", middle, ""]:
                return lambda value: isinstance(value, str) and middle in value
    return _pieces(pattern)


def _pieces(pattern: str) -> Predicate:
    head, *middles = [re.compile(re.escape(piece).replace(r"\?", "."), re.DOTALL) for piece in pattern.split("*")]
    if not middles:
        return lambda value: isinstance(value, str) and head.fullmatch(value) is not None
    tail = middles.pop()
    tail_chars = len(pattern) - pattern.rindex("*") - 1

    def matches(value: object) -> bool:
        if not isinstance(value, str) or (found := head.match(value)) is None:
            return False
        tail_start = len(value) - tail_chars
        for middle in middles:
            if (found := middle.search(value, found.end(), max(tail_start, 0))) is None:
                return False
        return found.end() <= tail_start and tail.match(value, tail_start) is not None

    return matches


def _equals(wanted: int | float | bool) -> Predicate:
    if isinstance(wanted, bool):
        return lambda value: value is wanted
    return lambda value: (type(value) is int or type(value) is float) and value == wanted


def _compare(test: Compare) -> Predicate:
    at_least = -inf if test.at_least is None else test.at_least
    at_most = inf if test.at_most is None else test.at_most
    if test.more_than is None and test.less_than is None:
        return lambda value: (type(value) is int or type(value) is float) and at_least <= value <= at_most
    more_than = -inf if test.more_than is None else test.more_than
    less_than = inf if test.less_than is None else test.less_than
    return lambda value: (type(value) is int or type(value) is float) and more_than < value < less_than and at_least <= value <= at_most


def _any_of(tests: tuple[Test, ...], ignore_case: bool) -> Predicate:
    patterns = [test.pattern.casefold() if ignore_case else test.pattern for test in tests if isinstance(test, Glob)]
    words = frozenset(pattern for pattern in patterns if not {"*", "?"} & set(pattern))
    globs = tuple(_glob(pattern) for pattern in patterns if pattern not in words)
    others = tuple(compile_test(test) for test in tests if not isinstance(test, Glob))
    if not globs and not others and not ignore_case:
        return lambda value: isinstance(value, str) and value in words

    def matches(value: object) -> bool:
        predicates = others
        if isinstance(value, str):
            value, predicates = value.casefold() if ignore_case else value, globs
            if value in words:
                return True
        for matches_one in predicates:  # noqa: SIM110 - any() over a generator takes four times as long
            if matches_one(value):
                return True
        return False

    return matches
