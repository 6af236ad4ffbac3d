"""Fields of events and profiles in, whether they pass a test of the model out; and the value that something is counted under."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from streamer.model.spec import Absent, AnyOf, Compare, Condition, Equals, FieldTest, Glob, Test

Value = str | int | float


def field_of(fields: dict[str, Any], name: str) -> Any:
    """A field, nested by dot; None when it is absent."""
    found: Any = fields
    for part in name.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def value_of(fields: dict[str, Any], name: str) -> Value | None:
    """What an event is counted under; None when it has no such value. `true` is a word, and 1.0 is 1."""
    found = field_of(fields, name)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found if isinstance(found, str | int | float) else None


def passes(test: Test, value: Any, *, ignore_case: bool = False) -> bool:
    """Whether one field is as the model wants it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match test:
        case Glob(pattern):
            return isinstance(value, str) and _expression(pattern, ignore_case).fullmatch(value) is not None
        case Equals(wanted):
            return value is wanted if isinstance(wanted, bool) else is_number and value == wanted
        case Compare(at_least, at_most, more_than, less_than):
            return (
                is_number
                and (at_least is None or value >= at_least)
                and (at_most is None or value <= at_most)
                and (more_than is None or value > more_than)
                and (less_than is None or value < less_than)
            )
        case Absent():
            return value is None
        case AnyOf(tests):
            return any(passes(one, value, ignore_case=ignore_case) for one in tests)


@cache
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def all_pass(tests: tuple[FieldTest, ...], fields: dict[str, Any], *, ignore_case: bool = False) -> bool:
    """Whether every field is as the model wants it."""
    return all(passes(one.test, field_of(fields, one.field), ignore_case=ignore_case) for one in tests)


def meets(condition: Condition, kind: str, fields: dict[str, Any]) -> bool:
    """Whether an event of that kind meets a condition."""
    return kind in condition.kinds and all_pass(condition.where, fields)
