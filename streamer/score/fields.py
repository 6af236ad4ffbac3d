"""Fields of events: how a rule gets at them, tests them, and keeps their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import orjson
from xxhash import xxh3_64_digest

from streamer.model.matching import compile_test
from streamer.model.spec import FieldTest
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


def matcher_of(where: Iterable[FieldTest]) -> Matcher | None:
    """Whether an event passes all the tests; None when there are none."""
    tests = [(getter_of(one.field), compile_test(one.test)) for one in where]
    if not tests:
        return None
    if len(tests) == 1:
        [(get, test)] = tests
        return lambda event: test(get(event))
    return lambda event: all(test(get(event)) for get, test in tests)


class Field:
    """One field of events, as rules keep its values."""

    __slots__ = ("_get",)

    def __init__(self, name: str) -> None:
        self._get = getter_of(name)

    def value(self, event: Event) -> Value | None:
        """The event's value, see `value_of`."""
        return value_of(self._get(event))

    def digest(self, event: Event) -> bytes | None:
        """64 bits that stand for the event's value; None when it has none."""
        found = self._get(event)
        if type(found) is str and len(found) <= VALUE_CHARS_MAX:  # as most are
            return xxh3_64_digest(found.encode())
        value = value_of(found)
        return None if value is None else digest_of(value)


class Fields(dict[str, Field]):
    """The fields that the rules of one model keep values of, by name."""

    def __missing__(self, name: str) -> Field:
        field = self[name] = Field(name)
        return field


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


def find(entries: bytes, digest: bytes, width: int, at: int = 0) -> int:
    """Where the entry of that width starts that has the digest at its place `at`; -1 when there is none."""
    place = entries.find(digest)
    while place >= 0 and place % width != at:
        place = entries.find(digest, place + 1)
    return place - at if place >= 0 else -1
