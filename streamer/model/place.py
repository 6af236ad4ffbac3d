"""A node of the file with the path that leads to it -> typed values, and faults where it is not what was expected.

A refused value comes back as an empty one (0, "", no items), so that reading goes on and finds every fault; the model is
refused as a whole at the end.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from streamer.model.document import Mapping, Node, Scalar, Sequence
from streamer.model.faults import Fault
from streamer.model.spec import Number
from topics import limits

SHOWN_CHARS_MAX = 60
DURATION = re.compile(r"([0-9]{1,9})([smhdw])")
UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}


@dataclass(slots=True)
class Report:
    """What reading one file found."""

    file: str
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """One value of the file."""

    node: Node
    path: str
    report: Report

    def refuse(self, message: str) -> None:
        """Adds a fault: the model cannot be used."""
        self.report.faults.append(Fault(self.report.file, self.node.line, self.node.column, self.path, message))

    def doubt(self, message: str) -> None:
        """Adds a warning: legal, and surely not meant."""
        self.report.warnings.append(Fault(self.report.file, self.node.line, self.node.column, self.path, message))

    def expected(self, what: str) -> None:
        """Refuses the value as not being `what`."""
        self.refuse(f"expected {what}, got {shown(self.node)}")

    @property
    def value(self) -> str | bool | int | float | None:
        """The typed scalar; None also for lists and mappings."""
        return self.node.value if isinstance(self.node, Scalar) else None

    @property
    def is_null(self) -> bool:
        """Whether nothing, `~` or `null` is written there."""
        return isinstance(self.node, Scalar) and self.node.value is None

    @property
    def is_mapping(self) -> bool:
        """Whether keys may be asked for; what is no mapping is refused by `fields` and `entries`, once."""
        return isinstance(self.node, Mapping)

    def text(self, what: str = "text", longest: int = limits.ID_CHARS_MAX) -> str:
        """A string that is not empty."""
        value = self.value
        if not isinstance(value, str):
            self.expected(what if value is None else f"{what} (in quotes)")
        elif not value:
            self.refuse(f"expected {what}, got an empty string")
        elif len(value) > longest:
            self.refuse(f"at most {longest} characters, got {len(value)}")
        else:
            return value
        return ""

    def number(self, smallest: Number = -limits.NUMBER_MAX, largest: Number = limits.NUMBER_MAX) -> Number:
        """A finite number within the bounds, integers kept as integers."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.expected("a number")
        elif not math.isfinite(value):
            self.expected("a finite number")
        elif not smallest <= value <= largest:
            self.refuse(f"expected a number from {smallest} to {largest}, got {shown(self.node)}")
        else:
            return value
        return 0

    def positive(self, largest: Number) -> Number:
        """A finite number above 0."""
        number = self.number(-largest, largest)
        if number <= 0 and number == self.value:
            self.expected("a number above 0")
        return number

    def whole(self, smallest: int, largest: int = limits.TIMES_MAX) -> int:
        """A whole number within the bounds."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int):
            self.expected("a whole number")
        elif value < smallest:
            self.refuse(f"expected at least {smallest}, got {shown(self.node)}")
        elif value > largest:
            self.refuse(f"expected at most {largest}, got {shown(self.node)}")
        else:
            return value
        return smallest

    def boolean(self) -> bool:
        """`true` or `false`."""
        if isinstance(self.value, bool):
            return self.value
        self.expected("true or false")
        return False

    def word(self, words: Iterable[str], what: str) -> str:
        """One of the words; "" when it is none of them."""
        known = list(words)
        if isinstance(self.value, str):
            if self.value in known:
                return self.value
            self.refuse(f"unknown {what} {shown(self.node)}{near(self.value, known)}")
        else:
            self.expected(f"one of {', '.join(known)}")
        return ""

    def duration_ms(self) -> int:
        """A duration like `30s`, in milliseconds."""
        value = self.value
        found = DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is None or int(found[1]) == 0:
            self.expected("a duration such as 30s, 5m, 12h, 2d or 1w")
            return 1
        duration_ms = int(found[1]) * UNITS_MS[found[2]]
        if duration_ms > limits.DURATION_MS_MAX:
            self.refuse(f"at most {limits.DURATION_MS_MAX // UNITS_MS['d']}d, got {shown(self.node)}")
        return duration_ms

    def items(self, longest: int, what: str, *, may_be_empty: bool = False) -> list[Place]:
        """The places of a list; one that may be empty may also be null."""
        if may_be_empty and self.is_null:
            return []
        if not isinstance(self.node, Sequence):
            self.expected("a list")
            return []
        if not self.node.items and not may_be_empty:
            self.refuse("expected at least one item, got an empty list")
        if len(self.node.items) > longest:
            self.refuse(f"at most {longest} {what}, got {len(self.node.items)}")
        return [Place(item, f"{self.path}[{index}]", self.report) for index, item in enumerate(self.node.items)]

    def entries(self) -> dict[str, Place]:
        """The places of a mapping whose keys are the user's own."""
        if not isinstance(self.node, Mapping):
            self.expected("a mapping")
            return {}
        for key in self.node.repeated:
            Place(key, self.path, self.report).refuse(f"the key {quoted(key.text)} is there twice")
        return {key: Place(value, joined(self.path, key), self.report) for key, (_, value) in self.node.entries.items()}

    def keys(self) -> dict[str, Place]:
        """The places of a mapping's keys, for faults that are about a key."""
        entries = self.node.entries if isinstance(self.node, Mapping) else {}
        return {key: Place(at, self.path, self.report) for key, (at, _) in entries.items()}

    def fields(self, known: Iterable[str], required: Iterable[str] = ()) -> dict[str, Place]:
        """The places of a mapping whose keys are given; others, and required ones that are missing, are refused."""
        known = list(known)
        found = self.entries()
        for key, at in self.keys().items():
            if key not in known:
                at.refuse(f"unknown key {quoted(key)}{near(key, known)}")
                del found[key]
        if self.is_mapping:
            for key in required:
                if key not in found:
                    self.refuse(f"{quoted(key)} is missing")
        return found


def near(word: str, known: Iterable[str]) -> str:
    """The end of a message: the word that was probably meant, or the words there are."""
    known = list(known)
    if len(word) <= SHOWN_CHARS_MAX:
        plain = {one.lower().replace("-", "_"): one for one in known}
        meant = difflib.get_close_matches(word.lower().replace("-", "_"), plain, n=1, cutoff=0.65)
        if meant:
            return f", did you mean {quoted(plain[meant[0]])}?"
    return f", expected one of {', '.join(known)}" if known and len(known) <= 24 else ""


def quoted(text: str) -> str:
    """A short string as JSON, so that what cannot be printed is seen."""
    return json.dumps(text if len(text) <= SHOWN_CHARS_MAX else text[: SHOWN_CHARS_MAX - 1] + "…", ensure_ascii=not text.isprintable())


def shown(node: Node) -> str:
    """What stands there, in a message."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.value is None:
        return "nothing"
    return quoted(node.value) if isinstance(node.value, str) else node.text[:SHOWN_CHARS_MAX]


def joined(path: str, key: str) -> str:
    """The path of a key below `path`."""
    name = key if key.isprintable() and 0 < len(key) <= SHOWN_CHARS_MAX else quoted(key)
    return f"{path}.{name}" if path else name
