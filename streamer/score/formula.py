"""The `total` formula, compiled to functions of the scores and the profile. Nothing of a model is ever run as code."""

from __future__ import annotations

import math
from collections.abc import Callable

from streamer.model.spec import Constant, Expression, Number, Operation, ProfileRef, ScoreRef
from topics.alerts import Scores
from topics.profiles import Profile

Formula = Callable[[Scores, Profile], Number]


def compile_formula(expression: Expression) -> Formula:
    """The expression as a function; what is missing or no number is 0, and so are division by zero and infinity."""
    match expression:
        case Constant(value):
            return lambda scores, profile: value
        case ScoreRef(name, category):
            return lambda scores, profile: score_in(scores, name, category)
        case ProfileRef(field):
            return lambda scores, profile: _number(profile.get(field))
        case Operation("negate", (operand,)):
            of = compile_formula(operand)
            return lambda scores, profile: -of(scores, profile)
        case Operation("min" | "max" as name, operands):
            pick = min if name == "min" else max
            several = [compile_formula(operand) for operand in operands]
            return lambda scores, profile: pick(one(scores, profile) for one in several)
        case Operation(operator, (left, right)):
            combine, first, second = _OPERATORS[operator], compile_formula(left), compile_formula(right)
            return lambda scores, profile: _finite(combine, first(scores, profile), second(scores, profile))
        case _:
            raise AssertionError(f"not an expression: {expression}")


def score_in(scores: Scores, name: str, category: str | None, missing: Number = 0) -> Number:
    """A score's number, or that of one of its categories."""
    found = scores[name]
    if isinstance(found, dict):
        return found.get(category, missing) if category is not None else missing
    return found


def _number(value: object) -> Number:
    return value if type(value) is int or type(value) is float else 0


def _finite(combine: Callable[[Number, Number], Number], left: Number, right: Number) -> Number:
    try:
        result = combine(left, right)
        return result if math.isfinite(result) else 0
    except (ZeroDivisionError, OverflowError):
        return 0


_OPERATORS: dict[str, Callable[[Number, Number], Number]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}
