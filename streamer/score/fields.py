"""Fields of events: how a rule gets at them, tests them, and keeps their values."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import orjson
from xxhash import xxh3_64_digest

from streamer.model.matching import compile_test
from streamer.model.spec import Condition
from topics.events import Event
from topics.limits import VALUE_CHARS_MAX
from topics.reading import attribute_of

Getter = Callable[[Event], Any]
Matcher = Callable[[Event], bool]
Value = str | int | float

DIGEST_BYTES = 8
WHOLE_MAX = 2**63 - 1


def getter_of(field: str) -> Getter:
    """Gets a field, nested by dot; None when it is not there."""
    root, *path = field.split(".")
    get_root = attrgetter(attribute_of(root))
    if not path:
        return get_root

    def get(event: Event) -> Any:
        value = get_root(event)
        for name in path:
            if type(value) is not dict:
                return None
            value = value.get(name)
        return value

    return get


def matcher_of(condition: Condition) -> Matcher | None:
    """Whether an event of the right kind passes the condition's `where`; None when it has none."""
    tests = [(getter_of(one.field), compile_test(one.test)) for one in condition.where]
    if not tests:
        return None
    if len(tests) == 1:
        [(get, test)] = tests
        return lambda event: test(get(event))
    return lambda event: all(test(get(event)) for get, test in tests)


def value_of(found: Any) -> Value | None:
    """The value under which something is counted apart: a string or a number; None for what is no value at all.

    A boolean counts as its JSON word. A very long string is cut, and kept apart from others by its digest. A whole number that a row
    cannot keep as one (64 bits) counts as its digits.
    """
    if type(found) is str:
        return found if len(found) <= VALUE_CHARS_MAX else f"{found[: VALUE_CHARS_MAX - 17]}…{digest_of(found).hex()}"
    if type(found) is bool:
        return "true" if found else "false"
    if type(found) is float:
        return int(found) if abs(found) <= WHOLE_MAX and found.is_integer() else found
    if type(found) is int:
        return found if abs(found) <= WHOLE_MAX else value_of(str(found))
    return None


def digest_of(value: Value) -> bytes:
    """64 bits that stand for a value; a string and a number that look alike stay apart."""
    return xxh3_64_digest(value.encode() if type(value) is str else b"\0" + orjson.dumps(str(value)))
