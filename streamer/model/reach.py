"""A formula and the scores -> the lowest and highest value it can take, as far as that is easy to see."""

from __future__ import annotations

from math import inf

from streamer.model.spec import Constant, Expression, Operation, ProfileRef, Score, ScoreRef

Range = tuple[float, float]
ANYTHING: Range = (-inf, inf)


def reach_of_total(total: Expression | None, scores: dict[str, Score]) -> Range:
    """The range of `total`; without a formula it is the sum of the scores that have no `by`."""
    if total is not None:
        return reach(total, scores)
    ranges = [reach_of_score(score) for score in scores.values() if score.by is None]
    return sum(low for low, _ in ranges), sum(high for _, high in ranges)


def reach_of_score(score: Score) -> Range:
    """From min to max."""
    return -inf if score.min is None else score.min, inf if score.max is None else score.max


def reach(expression: Expression, scores: dict[str, Score]) -> Range:
    """The range of an expression; anything where it divides or multiplies by what is not constant."""
    match expression:
        case Constant(value):
            return value, value
        case ProfileRef():
            return ANYTHING
        case ScoreRef(name):
            return reach_of_score(scores[name]) if name in scores else ANYTHING
        case Operation(operator, operands):
            return _combined(operator, [reach(operand, scores) for operand in operands])


def _combined(operator: str, ranges: list[Range]) -> Range:
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    match operator:
        case "+":
            return sum(lows), sum(highs)
        case "-":
            return lows[0] - highs[1], highs[0] - lows[1]
        case "negate":
            return -highs[0], -lows[0]
        case "min":
            return min(lows), min(highs)
        case "max":
            return max(lows), max(highs)
        case "*" if lows[0] == highs[0] != 0:
            return _scaled(lows[0], ranges[1])
        case "*" if lows[1] == highs[1] != 0:
            return _scaled(lows[1], ranges[0])
        case "/" if lows[1] == highs[1] != 0:
            return _scaled(1 / lows[1], ranges[0])
    return ANYTHING


def _scaled(factor: float, scaled: Range) -> Range:
    ends = (scaled[0] * factor, scaled[1] * factor)
    return min(ends), max(ends)
