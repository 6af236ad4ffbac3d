"""Compiled rules in; what `module.c` needs to know of them for one kind of event out: a program of packed operations.

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
from streamer.score.rules.after import AfterWithout
from streamer.score.rules.all_of import AllOf
from streamer.score.rules.base import Matched
from streamer.score.rules.by_category import ByCategory
from streamer.score.rules.calendar import PeriodOf
from streamer.score.rules.cap import Cap
from streamer.score.rules.count import CountEver, CountRule, CountWithin
from streamer.score.rules.distinct import CountDistinct
from streamer.score.rules.fading import Fading
from streamer.score.rules.held import HeldRule
from streamer.score.rules.ledger import Ledger
from streamer.score.rules.once import OncePer, OncePerPeriods
from streamer.score.rules.periods import Periods
from streamer.score.rules.plain import Capped, Plain
from streamer.score.rules.same import CountSame
from streamer.score.rules.sequence import Sequence as StepsInOrder
from topics.events import Event

# As `states.h` has them: the kinds of rules in its order, awards, flags, and the struct of a rule
_EARNING: Final = (Plain, Capped, OncePer, Periods, OncePerPeriods, Ledger, Fading)
_COUNTING: Final = (CountEver, CountWithin, CountDistinct)
_BY_VALUE: Final = (ByCategory, CountSame)
_IN_STEPS: Final = (AllOf, AfterWithout, StepsInOrder)
KINDS: Final[dict[type[CompiledRule], int]] = {kind: number for number, kind in enumerate((*_EARNING, *_COUNTING, *_BY_VALUE, *_IN_STEPS))}
AWARDS: Final = {Award.WHILE: 0, Award.ONCE: 1, Award.EACH: 2}
ALERT, TIMED, HAS_HIGH, SETTLED_BY_RISE, ONLY_FIRST_RISE, REAL_POINTS, REAL_POINTS_MAX, BY = (1 << bit for bit in range(8))
NONE: Final = -1
_OPERATION = Struct("=BBBBI4h11q")
_WHOLE, _REAL = Struct("=q"), Struct("=d")
INPUTS_MAX: Final = 16  # as `module.c` has it

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


def program_of(rules: Sequence[tuple[CompiledRule, Place, Matched, Test | None]]) -> Program | None:
    """The program of rules, given with their places, the conditions that match, and what tells that where it is still open.

    None when one has no operation.
    """
    inputs = _Inputs()
    parts = []
    for rule, place, matched, test in rules:
        operation = _operation_of(rule, place, matched if test is None or len(matched) == 1 else None, inputs)
        if operation is None:
            return None
        parts.append((operation, test))
    return Program(parts, inputs.getters) if len(inputs.getters) <= INPUTS_MAX else None


def decaying_operation(rule: CompiledRule, place: int) -> bytes:
    """The operation of a rule that decays, whose points are at this place among the sums."""
    return _operation_of(rule, (place, False), (0,), _Inputs()) or b""


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


def _operation_of(rule: CompiledRule, place: Place, matched: Matched | None, inputs: _Inputs) -> bytes | None:
    """The rule, packed; `matched` are the conditions that the event matches, None where that differs from event to event."""
    kind, spec = KINDS.get(type(rule)), rule.spec
    inner = rule.inner if isinstance(rule, _BY_VALUE) else rule
    in_steps = isinstance(inner, _IN_STEPS)
    if kind is None or type(inner) not in KINDS or rule.at_birth or (in_steps and matched is None):
        return None
    if isinstance(inner, HeldRule) and inner.fades:
        return None
    if rule.decays and not isinstance(rule, Fading):
        return None
    number, is_by = place
    cap = Cap(spec)
    flags = (ALERT if rule.alert else 0) | (TIMED if rule.timed else 0) | (BY if is_by else 0)
    flags |= (REAL_POINTS if type(rule.points) is float else 0) | (REAL_POINTS_MAX if type(cap.points_max) is float else 0)
    award = AWARDS[inner.award] if isinstance(inner, HeldRule) else 0
    low = len(spec.conditions) if in_steps else 0
    high = most = 0
    within_ms = spec.within_ms
    if isinstance(inner, CountRule):
        assert spec.count is not None
        low, high, most, within_ms = inner.low, inner.high or 0, inner.most, spec.count.within_ms
        flags |= HAS_HIGH if inner.high is not None else 0
    if isinstance(inner, CountWithin):
        flags |= (SETTLED_BY_RISE if inner.is_settled_by_rise else 0) | (ONLY_FIRST_RISE if inner.only_first_rise else 0)
    field = inner.once_per if isinstance(inner, Ledger) else None
    if isinstance(inner, OncePer | OncePerPeriods | CountDistinct):
        field = inner.field
    digest = NONE if field is None else inputs.digest(field)
    period = inputs.period(inner.period_of) if isinstance(inner, Periods | Ledger) else NONE
    value = inputs.value(rule.field) if isinstance(rule, _BY_VALUE) else NONE
    times_ms = (NONE if one is None else one for one in (within_ms, spec.expires_after_ms, spec.half_life_ms))
    numbers = (_bits(rule.points), _bits(cap.points_max), cap.skip, cap.times_max, low, high, most, *times_ms)
    bits = sum(1 << condition for condition in matched or ())
    return _OPERATION.pack(kind, number, award, flags, rule.key, digest, period, value, KINDS[type(inner)], *numbers, bits)


def _bits(number: Number) -> int:
    bits: int = _WHOLE.unpack(_REAL.pack(number) if type(number) is float else _WHOLE.pack(int(number)))[0]
    return bits
