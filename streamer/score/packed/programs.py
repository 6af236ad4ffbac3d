"""Compiled rules in; what `module.c` needs to know of them out, packed: a program of operations, and the model's bounds.

A rule that has no operation here leaves the events it sees to the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from typing import Final

from streamer.model.spec import Award, Number
from streamer.score.fields import Field
from streamer.score.rules import CompiledRule
from streamer.score.rules.count import CountEver, CountRule, CountWithin
from streamer.score.rules.distinct import CountDistinct
from streamer.score.rules.once import OncePer
from streamer.score.rules.plain import Capped, Plain
from topics.events import Event

# The kinds, awards and flags of `rules.h`, in its order
KINDS: Final = {kind: number for number, kind in enumerate((Plain, Capped, CountEver, CountWithin, OncePer, CountDistinct))}
AWARDS: Final = {Award.WHILE: 0, Award.ONCE: 1, Award.EACH: 2}
ALERT, TIMED, HAS_HIGH, SETTLED_BY_RISE, ONLY_FIRST_RISE, REAL_POINTS, REAL_POINTS_MAX = (1 << bit for bit in range(7))
NONE: Final = -1

_OPERATION = Struct("=BBBBI9q")
_WHOLE, _REAL = Struct("=q"), Struct("=d")
_MODEL = Struct("=IIII")
ONE_NUMBER: Final = 1
DIGESTS_MAX: Final = 16
BOUNDS_MAX: Final = 256
FADING_MAX: Final = 512

Test = Callable[[Event], object]


class Program:
    """The operations for the events that select some rules, and the digests that these count by."""

    __slots__ = ("_parts", "digests", "fixed")

    def __init__(self, parts: Sequence[tuple[bytes, Test | None]], fields: Sequence[Field]) -> None:
        self._parts = parts
        self.fixed = None if any(test is not None for _, test in parts) else b"".join(operation for operation, _ in parts)
        """The operations, where no condition is still to be tested."""
        self.digests = [field.digest for field in fields]
        """What gets the digests of an event."""

    def of(self, event: Event) -> bytes:
        """The operations for an event, by what its conditions still test."""
        return b"".join([operation for operation, test in self._parts if test is None or test(event)])


def program_of(rules: Sequence[tuple[CompiledRule, int, Test | None]]) -> Program | None:
    """The program of rules, given with their places among the sums and what is still to be tested; None when one has no operation."""
    fields: list[Field] = []
    parts = []
    for rule, place, test in rules:
        operation = _operation_of(rule, place, fields)
        if operation is None:
            return None
        parts.append((operation, test))
    return Program(parts, fields) if len(fields) <= DIGESTS_MAX else None


def pack_model(bounds: Sequence[Number], fading: Sequence[int], *, is_one_number: bool) -> bytes | None:
    """The bounds of the total where it is the only number, and the keys of rules that decay; None for more than there is room for."""
    if len(bounds) > BOUNDS_MAX or len(fading) > FADING_MAX:
        return None
    head = _MODEL.pack(ONE_NUMBER if is_one_number else 0, len(bounds), len(fading), 0)
    return head + Struct(f"={len(bounds)}d{len(fading)}I").pack(*bounds, *fading)


def _operation_of(rule: CompiledRule, place: int, fields: list[Field]) -> bytes | None:
    kind = KINDS.get(type(rule))
    if kind is None or place < 0:
        return None
    flags = (ALERT if rule.alert else 0) | (TIMED if rule.timed else 0) | (REAL_POINTS if type(rule.points) is float else 0)
    skip = low = high = most = award = 0
    within_ms = digest = times_max = NONE
    points_max: Number = 0
    if isinstance(rule, Plain) and rule.alert:
        return None
    if isinstance(rule, Capped):
        skip, times_max, points_max = rule.cap.skip, rule.cap.times_max, rule.cap.points_max
        flags |= REAL_POINTS_MAX if type(points_max) is float else 0
    if isinstance(rule, CountRule):
        if rule.fades or rule.at_birth:
            return None
        award, low, most = AWARDS[rule.award], rule.low, rule.most
        if rule.high is not None:
            high, flags = rule.high, flags | HAS_HIGH
    if isinstance(rule, CountWithin):
        flags |= (SETTLED_BY_RISE if rule.is_settled_by_rise else 0) | (ONLY_FIRST_RISE if rule.only_first_rise else 0)
    if isinstance(rule, CountWithin | CountDistinct) and rule.within_ms is not None:
        within_ms = rule.within_ms
    if isinstance(rule, OncePer | CountDistinct):
        if rule.field not in fields:
            fields.append(rule.field)
        digest = fields.index(rule.field)
    numbers = (digest, _bits(rule.points), _bits(points_max), skip, times_max, low, high, most, within_ms)
    return _OPERATION.pack(kind, place, award, flags, rule.key, *numbers)


def _bits(number: Number) -> int:
    bits: int = _WHOLE.unpack(_REAL.pack(number) if type(number) is float else _WHOLE.pack(int(number)))[0]
    return bits


def fading_keys(rules: Mapping[int, CompiledRule]) -> list[int]:
    """The keys of the rules that decay: a lead of which one has seen something is the engine's."""
    return [key for key, rule in rules.items() if rule.decays]
