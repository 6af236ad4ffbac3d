"""A compiled model in; what `model.h` reads of it out, packed: scores with their bounds, the formula, and what decays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

import msgspec

from streamer.model.spec import Constant, Expression, Model, Number, Operation, Score, ScoreRef
from streamer.score.births import Births
from streamer.score.decay import DecayWatch
from streamer.score.numbers import Tally
from streamer.score.packed.programs import decaying_operation
from streamer.score.rules import CompiledRule
from streamer.score.thresholds import Watch

# As `formula.h` has them
CONSTANT, SCORE, NEGATE = range(3)
OPERATORS: Final = {"min": 3, "max": 4, "+": 5, "-": 6, "*": 7, "/": 8}

NO_BOUNDS: Final[tuple[list[Number], list[Number]]] = ([], [])
_encode = msgspec.msgpack.Encoder().encode


def pack_model(
    model: Model, rules: Mapping[int, CompiledRule], tally: Tally, watch: Watch, decay: DecayWatch | None, births: Births
) -> bytes:
    """For a model whose total is made of nothing but the scores without `by`."""
    spec_of = {score.name: score for score in model.scores}
    bounds_of = {place: bounds for _, place, bounds in watch.of_scores}
    fading = [rule for rule in rules.values() if rule.decays]
    is_foreseen = decay is not None and decay.is_of_sums_alone
    parts: Iterable[Any] = (
        tally.is_one_number,
        births.add_up,
        decay is not None and decay.moves_total,
        *watch.of_total,
        [_bounded(spec_of[name], *bounds_of.get(place, NO_BOUNDS)) for name, place in tally.place_of.items()],
        [] if model.total is None else list(_formula(model.total, tally.place_of)),
        tally.by,
        [_bounded(spec_of[name], name, _leads(watch, name), categories) for name, categories in watch.of_categories.items()],
        [decaying_operation(rule, tally.places[rule.key]) for rule in fading if is_foreseen],
        [rule.key for rule in fading if not is_foreseen],
    )
    return b"".join(map(_encode, parts))


def _bounded(score: Score, *more: Any) -> list[Any]:
    return [score.min, score.max, *more]


def _leads(watch: Watch, name: str) -> list[Number]:
    return [lead.spec.by or 0 for lead in watch.leads.get(name, ())]


def _formula(expression: Expression, place_of: Mapping[str, int]) -> Iterator[tuple[int, Number]]:
    """The operations on a stack, each with its constant or place, whose last value is that of the expression."""
    match expression:
        case Constant(value):
            yield CONSTANT, value
        case ScoreRef(name):
            yield SCORE, place_of[name]
        case Operation("negate", (operand,)):
            yield from _formula(operand, place_of)
            yield NEGATE, 0
        case Operation(operator, (first, *others)):
            yield from _formula(first, place_of)
            yield from chain.from_iterable((*_formula(other, place_of), (OPERATORS[operator], 0)) for other in others)
        case _:
            raise AssertionError(f"no expression of scores alone: {expression}")
