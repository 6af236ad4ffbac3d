"""What the rules give in; the scores of a lead and its total out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streamer.model.spec import Constant, Expression, Model, Operation, ProfileRef, Rule, Score, ScoreRef
from tests.oracle.earnings import Given


@dataclass(frozen=True)
class Numbers:
    """Clamped scores, the unclamped sums behind them by (score, category), and the total."""

    flat: dict[str, float]
    by: dict[str, dict[str, float]]
    sums: dict[tuple[str, str | None], float]
    total: float

    def of(self, name: str, category: str | None, empty: float) -> float:
        """`total`, a score, or one category of a score; `empty` for a category that has nothing."""
        if name == "total":
            return self.total
        return self.flat[name] if category is None else self.by[name].get(category, empty)


def clamped(score: Score, number: float) -> float:
    """The number between the score's min and max."""
    if score.min is not None and number < score.min:
        return score.min
    return score.max if score.max is not None and number > score.max else number


def numbers_of(model: Model, given: Iterable[tuple[Rule, Given]], profile: dict[str, Any]) -> Numbers:
    """Adds up, rounds, clamps, and works out the total."""
    scores = {score.name: score for score in model.scores}
    sums: dict[tuple[str, str | None], float] = defaultdict(float)
    for rule, one in given:
        sums[rule.score, None if scores[rule.score].by is None else str(one.value)] += one.points
    sums = {key: round(number, 6) for key, number in sums.items()}
    flat = {name: clamped(score, sums.get((name, None), 0)) for name, score in scores.items() if score.by is None}
    by = {
        name: {str(category): clamped(score, number) for (of_score, category), number in sums.items() if of_score == name}
        for name, score in scores.items()
        if score.by is not None
    }
    total = sum(flat.values()) if model.total is None else _worked_out(model.total, flat, by, profile)
    return Numbers(flat, by, dict(sums), round(total, 6))


def _worked_out(expression: Expression, flat: dict[str, float], by: dict[str, dict[str, float]], profile: dict[str, Any]) -> float:
    """The formula; what is missing or no number is 0, and so are division by zero and infinity."""

    def work_out(part: Expression) -> float:
        match part:
            case Constant(value):
                return value
            case ScoreRef(name, category):
                return flat[name] if category is None else by[name].get(category, 0)
            case ProfileRef(field):
                found = profile.get(field)
                return found if isinstance(found, int | float) and not isinstance(found, bool) else 0
            case Operation(operator, operands):
                result = _applied(operator, [work_out(operand) for operand in operands])
                return result if math.isfinite(result) else 0

    return work_out(expression)


def _applied(operator: str, numbers: list[float]) -> float:
    if operator == "min":
        return min(numbers)
    if operator == "max":
        return max(numbers)
    if operator == "negate":
        return -numbers[0]
    left, right = numbers
    if operator == "/":
        return left / right if right else 0
    return {"+": left + right, "-": left - right, "*": left * right}[operator]
