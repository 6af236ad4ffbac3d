"""Compiled rules in; what `module.c` needs to know of them out, packed: a program of operations, and the model's bounds.

A rule that has no operation here leaves the events it sees to the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Final

import msgspec

from streamer.model.spec import Award, Number
from streamer.score.fields import Field
from streamer.score.rules import CompiledRule
from streamer.score.rules.by_category import ByCategory
from streamer.score.rules.calendar import PeriodOf
from streamer.score.rules.cap import Cap
from streamer.score.rules.count import CountEver, CountRule, CountWithin
from streamer.score.rules.distinct import CountDistinct
from streamer.score.rules.fading import Fading
from streamer.score.rules.ledger import Ledger
from streamer.score.rules.once import OncePer, OncePerPeriods
from streamer.score.rules.periods import Periods
from streamer.score.rules.plain import Capped, Plain
from streamer.score.rules.same import CountSame
from topics.events import Event

# As `states.h` has them: the kinds of rules in its order, awards, flags, and the struct of a rule
_KINDS: Final = (
    Plain,
    Capped,
    OncePer,
    Periods,
    OncePerPeriods,
    Ledger,
    Fading,
    CountEver,
    CountWithin,
    CountDistinct,
    ByCategory,
    CountSame,
)
KINDS: Final[dict[type[CompiledRule], int]] = {kind: number for number, kind in enumerate(_KINDS)}
AWARDS: Final = {Award.WHILE: 0, Award.ONCE: 1, Award.EACH: 2}
ALERT, TIMED, HAS_HIGH, SETTLED_BY_RISE, ONLY_FIRST_RISE, REAL_POINTS, REAL_POINTS_MAX, BY = (1 << bit for bit in range(8))
NONE: Final = -1
_OPERATION = Struct("=BBBBI4h10q")
_WHOLE, _REAL = Struct("=q"), Struct("=d")
# As `module.c` has them
ONE_NUMBER: Final = 1
INPUTS_MAX: Final = 16
BOUNDS_MAX: Final = 256
DECAYING_MAX: Final = 64
BARRED_MAX: Final = 512
_MODEL = Struct("=6I")

Test = Callable[[Event], object]
Place = tuple[int, bool]
"""The place of a rule's score: among the sums, or among the scores with `by`."""
_encode = msgspec.msgpack.Encoder().encode


class Program:
    """The operations for the events that select some rules, and what these look at."""

    __slots__ = ("_parts", "fixed", "inputs")

    def __init__(self, parts: Sequence[tuple[bytes, Test | None]], inputs: Sequence[Callable[[Event], bytes | int | None]]) -> None:
        self._parts = parts
        self.fixed = None if any(test is not None for _, test in parts) else b"".join(operation for operation, _ in parts)
        """The operations, where no condition is still to be tested."""
        self.inputs = inputs
        """What gets the digests, packed values and periods of an event."""

    def of(self, event: Event) -> bytes:
        """The operations for an event, by what its conditions still test."""
        return b"".join([operation for operation, test in self._parts if test is None or test(event)])


def program_of(rules: Sequence[tuple[CompiledRule, Place, Test | None]]) -> Program | None:
    """The program of rules, given with their places and what is still to be tested; None when one has no operation."""
    inputs = _Inputs()
    parts = []
    for rule, place, test in rules:
        operation = _operation_of(rule, place, inputs)
        if operation is None:
            return None
        parts.append((operation, test))
    return Program(parts, inputs.getters) if len(inputs.getters) <= INPUTS_MAX else None


def pack_model(
    bounds: Sequence[Number],
    decaying: Sequence[tuple[CompiledRule, int]],
    barred: Sequence[int],
    names: Sequence[str],
    *,
    is_one_number: bool,
) -> bytes | None:
    """The bounds of the total where it is the only number, the rules that decay with their places among the sums, the keys of those that
    bar a lead from the short way, and the names of the scores with `by`. None for more than there is room for.
    """
    if len(bounds) > BOUNDS_MAX or len(decaying) > DECAYING_MAX or len(barred) > BARRED_MAX:
        return None
    head = _MODEL.pack(ONE_NUMBER if is_one_number else 0, len(bounds), len(decaying), len(barred), len(names), 0)
    operations = [_operation_of(rule, (place, False), _Inputs()) or b"" for rule, place in decaying]
    keys = Struct(f"={len(barred)}I").pack(*barred)
    return b"".join([head, Struct(f"={len(bounds)}d").pack(*bounds), *operations, keys, *map(_encode, names)])


class _Inputs:
    """The inputs that rules ask for, each once."""

    def __init__(self) -> None:
        self.getters: list[Callable[[Event], bytes | int | None]] = []
        self._known: list[tuple[str, object]] = []

    def digest(self, field: Field) -> int:
        return self._place("digest", field, field.digest)

    def value(self, field: Field) -> int:
        return self._place("value", field, lambda event: None if (value := field.value(event)) is None else _encode(value))

    def period(self, period_of: PeriodOf) -> int:
        return self._place("period", period_of, lambda event: period_of(event.occurred_at))

    def _place(self, what: str, of: object, get: Callable[[Event], bytes | int | None]) -> int:
        if (what, of) not in self._known:
            self._known.append((what, of))
            self.getters.append(get)
        return self._known.index((what, of))


def _operation_of(rule: CompiledRule, place: Place, inputs: _Inputs) -> bytes | None:
    kind = KINDS.get(type(rule))
    inner = rule.inner if isinstance(rule, ByCategory | CountSame) else rule
    if kind is None or type(inner) not in KINDS:
        return None
    flags = (ALERT if rule.alert else 0) | (TIMED if rule.timed else 0) | (REAL_POINTS if type(rule.points) is float else 0)
    number, is_by = place
    flags |= BY if is_by else 0
    digest = period = value = NONE
    cap, points_max = Cap(rule.spec), Cap(rule.spec).points_max
    low = high = most = award = 0
    within_ms = expires_ms = half_life_ms = NONE
    flags |= REAL_POINTS_MAX if type(points_max) is float else 0
    if isinstance(inner, CountRule):
        if inner.fades or inner.at_birth:
            return None
        award, low, most = AWARDS[inner.award], inner.low, inner.most
        if inner.high is not None:
            high, flags = inner.high, flags | HAS_HIGH
        if rule.spec.count is not None and rule.spec.count.within_ms is not None:
            within_ms = rule.spec.count.within_ms
    if isinstance(inner, CountWithin):
        flags |= (SETTLED_BY_RISE if inner.is_settled_by_rise else 0) | (ONLY_FIRST_RISE if inner.only_first_rise else 0)
    if isinstance(inner, Ledger | Fading):
        if inner.decays and not isinstance(rule, Fading):
            return None
        expires_ms, half_life_ms = (NONE if one is None else one for one in (rule.spec.expires_after_ms, rule.spec.half_life_ms))
    if isinstance(inner, OncePer | OncePerPeriods | CountDistinct):
        digest = inputs.digest(inner.field)
    if isinstance(inner, Ledger) and inner.once_per is not None:
        digest = inputs.digest(inner.once_per)
    if isinstance(inner, Periods | Ledger):
        period = inputs.period(inner.period_of)
    if isinstance(rule, ByCategory | CountSame):
        value = inputs.value(rule.field)
    numbers = (_bits(rule.points), _bits(points_max), cap.skip, cap.times_max, low, high, most, within_ms, expires_ms, half_life_ms)
    return _OPERATION.pack(kind, number, award, flags, rule.key, digest, period, value, KINDS[type(inner)], *numbers)


def _bits(number: Number) -> int:
    bits: int = _WHOLE.unpack(_REAL.pack(number) if type(number) is float else _WHOLE.pack(int(number)))[0]
    return bits
