"""When decay will next cross a threshold: the row and the model's bounds in, a time before which nothing can be crossed out.

Points with a half-life change all the time, so there is no moment to wait for. But over a span of time each of them stays
between its worth now and its worth at the end, and so, by interval arithmetic, do the sums, the total and the formula. While
no bound lies between the two ends, nothing is crossed. The longest such span found is waited for, and then looked at anew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from streamer.model.scores import references
from streamer.model.spec import Constant, Expression, Model, Number, Operation, ProfileRef, Score, ScoreRef
from streamer.score.adding import sum_of
from streamer.score.numbers import NO_PLACE, rounded
from streamer.score.row import NEVER, POINTS, Row
from streamer.score.rules import CompiledRule
from streamer.score.rules.fading import Fading
from topics.profiles import Profile

PRECISION_MS = 1000  # contract, section 4: what decay crosses is dated to 2 s
SPAN_MS_MAX = 1 << 46  # longer than any half-life takes to leave nothing of a score
NARROWING = 4

Interval = tuple[float, float]
Worths = dict[tuple[str, str | None], list[float]]
"""By score and category: the points that stay, then points and half-life of each rule whose points go."""
Spans = dict[str, Interval | dict[str, Interval]]


class DecayWatch:
    """Looks ahead for the leads of one model. `places` are those of `numbers.Tally`: where a rule's points are among the row's sums."""

    def __init__(self, model: Model, rules: Mapping[int, CompiledRule], places: Mapping[int, int]) -> None:
        self._fading = [(key, rule) for key, rule in rules.items() if rule.decays]
        self._scores = {score.name: score for score in model.scores}
        self._total = model.total
        self._flat = [score.name for score in model.scores if score.by is None]
        moving = {rule.spec.score for _, rule in self._fading}
        in_total = set(self._flat) if model.total is None else {reference.name for reference in references(model.total)}
        if moving & in_total:
            moving.add("total")
        self.moves_total = "total" in moving
        self._bounds: dict[tuple[str, str | None], list[Number]] = {}
        self._leads: list[tuple[str, Number]] = []
        if self.moves_total:
            self._bounds["total", None] = [stage.at for stage in model.stages]
        for spec in model.thresholds:
            if spec.leads in moving and spec.leads is not None and spec.by is not None:
                self._leads.append((spec.leads, spec.by))
            if spec.score.name in moving:
                given = (spec.at, spec.rearm_below, spec.falls_below)
                bounds = self._bounds.setdefault((spec.score.name, spec.score.category), [])
                bounds.extend(bound for bound in given if bound is not None)
        self._needed = needed = (
            {name for name, _ in self._bounds} | {name for name, _ in self._leads} | (in_total if self.moves_total else set())
        )
        self._apart = [
            (key, rule, places[key] == NO_PLACE)
            for key, rule in rules.items()
            if rule.spec.score in needed and (rule.decays or places[key] == NO_PLACE)
        ]
        """The rules whose points are not simply a part of the row's sums; whether they are no part of them at all."""
        self.is_of_sums_alone = all(type(rule) is Fading and places[key] != NO_PLACE for key, rule in self._fading) and not any(
            is_apart for _, _, is_apart in self._apart
        )
        """Whether the row's sums, and what each rule that decays gives of them, say it all, but for what the profile adds to a formula."""

    def next_crossing_ms(self, row: Row, now_ms: int, until_ms: int) -> int:
        """A time up to `until_ms` before which decay crosses nothing; `until_ms` itself if it crosses nothing by then."""
        if not any(key in row.rules and rule.reasons(row.rules[key]) for key, rule in self._fading):
            return until_ms
        worths, profile = self._worths(row), row.profile
        span_ms = min(until_ms - now_ms, SPAN_MS_MAX)
        if not self._may_cross(worths, profile, span_ms):
            return until_ms
        while span_ms > PRECISION_MS:
            span_ms //= NARROWING
            if not self._may_cross(worths, profile, span_ms):
                break
        return min(now_ms + max(span_ms, PRECISION_MS), NEVER)

    def _may_cross(self, worths: Worths, profile: Profile, span_ms: int) -> bool:
        spans = self._spans(worths, span_ms)
        total = self._total_span(spans, profile)
        for (name, category), bounds in self._bounds.items():
            low, high = total if name == "total" else _of(spans, name, category)
            low, high = rounded(low), rounded(high)
            if any(low < bound <= high for bound in bounds):
                return True
        return any(self._may_lead(spans, name, by) for name, by in self._leads)

    def _may_lead(self, spans: Spans, name: str, by: Number) -> bool:
        categories = spans[name]
        assert isinstance(categories, dict)
        for category, (low, high) in categories.items():
            others = [span for other, span in categories.items() if other != category]
            next_low = max([0.0, *(span[0] for span in others)])
            next_high = max([0.0, *(span[1] for span in others)])
            if rounded(low - next_high) < by <= rounded(high - next_low):
                return True
        return False

    def _worths(self, row: Row) -> Worths:
        """What the rules give now, where decay moves something."""
        worths: Worths = {(name, None): [float(number)] for name, number in zip(self._flat, row.sums, strict=True)}
        for key, rule, is_apart in self._apart:
            state = row.rules.get(key)
            if state is None:
                continue
            name = rule.spec.score
            by = self._scores[name].by is not None
            half_life_ms = rule.spec.half_life_ms if rule.decays else None
            for value, one in rule.reasons(state):
                self._add(worths, (name, str(value) if by else None), one[POINTS], half_life_ms, is_apart=is_apart)
        return worths

    def _add(self, worths: Worths, of: tuple[str, str | None], points: Number, half_life_ms: int | None, *, is_apart: bool) -> None:
        worth = worths.setdefault(of, [0.0])
        if half_life_ms is None:
            worth[0] += points
            return
        if not is_apart:
            worth[0] -= points
        worth += points, half_life_ms

    def _spans(self, worths: Worths, span_ms: int) -> Spans:
        spans: Spans = {score.name: {} for score in self._scores.values() if score.by is not None}
        for (name, category), (low, *fading) in worths.items():
            high = low
            for points, half_life_ms in zip(fading[::2], fading[1::2], strict=True):
                last = points * 2.0 ** (-span_ms / half_life_ms)
                low += min(points, last)
                high += max(points, last)
            clamped = _clamped(self._scores[name], (low, high))
            of_score = spans.get(name)
            if isinstance(of_score, dict):
                of_score[str(category)] = clamped
            else:
                spans[name] = clamped
        return spans

    def _total_span(self, spans: Spans, profile: Profile) -> Interval:
        if self._total is not None:
            return _evaluate(self._total, spans, profile)
        plain = [span for span in spans.values() if not isinstance(span, dict)]
        return sum_of(low for low, _ in plain), sum_of(high for _, high in plain)


def _clamped(score: Score, span: Interval) -> Interval:
    low, high = (rounded(end) for end in span)
    if score.min is not None:
        low, high = max(low, score.min), max(high, score.min)
    if score.max is not None:
        low, high = min(low, score.max), min(high, score.max)
    return low, high


def _of(spans: Spans, name: str, category: str | None) -> Interval:
    span = spans[name]
    return span.get(str(category), (0.0, 0.0)) if isinstance(span, dict) else span


def _evaluate(expression: Expression, spans: Spans, profile: Profile) -> Interval:
    """The formula over intervals; wider than need be where a name occurs twice, never narrower."""
    match expression:
        case Constant(value):
            return value, value
        case ScoreRef(name, category):
            return _of(spans, name, category)
        case ProfileRef(field):
            found = profile.get(field)
            number = found if type(found) is int or type(found) is float else 0
            return number, number
        case Operation("negate", (operand,)):
            low, high = _evaluate(operand, spans, profile)
            return -high, -low
        case Operation("min" | "max" as name, operands):
            several = [_evaluate(operand, spans, profile) for operand in operands]
            pick = min if name == "min" else max
            return pick(low for low, _ in several), pick(high for _, high in several)
        case Operation(operator, (left, right)):
            return _combine(operator, _evaluate(left, spans, profile), _evaluate(right, spans, profile))
        case _:
            raise AssertionError(f"not an expression: {expression}")


def _combine(operator: str, left: Interval, right: Interval) -> Interval:
    if operator == "+":
        return left[0] + right[0], left[1] + right[1]
    if operator == "-":
        return left[0] - right[1], left[1] - right[0]
    if operator == "/":
        if (0.0, 0.0) in (left, right):
            return 0.0, 0.0  # division by zero is 0
        if right[0] <= 0 <= right[1]:
            return -math.inf, math.inf  # may divide by zero, or by next to nothing
        ends = [one / other for one in left for other in right]
    else:
        ends = [one * other for one in left for other in right]
    if all(map(math.isfinite, ends)):
        return min(ends), max(ends)
    if not any(map(math.isfinite, ends)) and not any(low <= 0 <= high for low, high in (left, right)):
        return 0.0, 0.0  # infinity is 0, all the way
    return -math.inf, math.inf
