"""The `total` formula, compiled to functions of the scores and the profile. Nothing of a model is ever run as code."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence

from streamer.model.spec import Constant, Expression, Number, Operation, ProfileRef, ScoreRef
from topics.profiles import Profile

Categories = Mapping[str, Mapping[str, Number]]
Formula = Callable[[Sequence[Number], Categories, Profile], Number]
"""Of the scores without `by` in the model's order, those with `by` by name and category, and the profile."""


def compile_formula(expression: Expression, places: Mapping[str, int]) -> Formula:
    """The expression as a function; what is missing or no number is 0, and so are division by zero and infinity.

    `places` says where the scores without `by` are.
    """
    match expression:
        case Constant(value):
            return lambda scores, categories, profile: value
        case ScoreRef(name, None) if name in places:
            place = places[name]
            return lambda scores, categories, profile: scores[place]
        case ScoreRef(name, category):
            return lambda scores, categories, profile: categories[name].get(str(category), 0)
        case ProfileRef(field):
            return lambda scores, categories, profile: _number(profile.get(field))
        case Operation("negate", (operand,)):
            of = compile_formula(operand, places)
            return lambda scores, categories, profile: -of(scores, categories, profile)
        case Operation("min" | "max" as name, operands):
            pick = min if name == "min" else max
            several = [compile_formula(operand, places) for operand in operands]
            if len(several) == 2:
                one, other = several
                return lambda scores, categories, profile: pick(one(scores, categories, profile), other(scores, categories, profile))
            return lambda scores, categories, profile: pick([one(scores, categories, profile) for one in several])
        case Operation(sign, (left, right)):
            combine, first, second = _OPERATORS[sign], compile_formula(left, places), compile_formula(right, places)
            return lambda scores, categories, profile: combine(first(scores, categories, profile), second(scores, categories, profile))
        case _:
            raise AssertionError(f"not an expression: {expression}")


def _number(value: object) -> Number:
    return value if type(value) is int or type(value) is float else 0


def _finite(combine: Callable[[Number, Number], Number]) -> Callable[[Number, Number], Number]:
    def finite(left: Number, right: Number) -> Number:
        try:
            result = combine(left, right)
            return result if isfinite(result) else 0
        except (ZeroDivisionError, OverflowError):
            return 0

    isfinite = math.isfinite
    return finite


_OPERATORS: dict[str, Callable[[Number, Number], Number]] = {
    "+": _finite(operator.add),
    "-": _finite(operator.sub),
    "*": _finite(operator.mul),
    "/": _finite(operator.truediv),
}
