"""Thresholds and stages: the numbers before and after a moment in, what was crossed out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

from streamer.model.spec import Model, Number, ScoreRef, Stage, Threshold
from streamer.score.formula import score_in
from streamer.score.numbers import Numbers

Firing = list[Any]
"""[how often it fired, when it last did, whether it is armed]."""
FIRED, LAST_MS, ARMED = range(3)


def new_firing() -> Firing:
    """Of a threshold that never fired."""
    return [0, None, True]


class Crossing(NamedTuple):
    """A threshold that fires, or a stage that is entered; `score` is its name as printed."""

    id: str
    direction: str
    score: str
    before: Number
    after: Number
    at: Number | None
    value: str | None = None


class CompiledThreshold:
    """`at` or `falls_below` on one number."""

    def __init__(self, spec: Threshold, key: int, clamp: Callable[[Number], Number] | None) -> None:
        self.spec = spec
        self.key = key
        self._score = spec.score
        self._missing = 0 if clamp is None else clamp(0)
        self._rearm_below = spec.at if spec.rearm_below is None else spec.rearm_below

    def cross(self, before: Numbers, after: Numbers, firing: Firing, now_ms: int) -> Crossing | None:
        """The crossing if it fires now. Notes in `firing` whether it is armed."""
        old, new = self._number(before), self._number(after)
        if self.spec.falls_below is not None:
            if old >= self.spec.falls_below > new and _is_cool(firing, self.spec, now_ms):
                return Crossing(self.spec.id, "down", printed(self._score), old, new, self.spec.falls_below)
            return None
        at = self.spec.at
        assert at is not None and self._rearm_below is not None  # the reader sees to it
        crossing = None
        if old < at <= new and firing[ARMED] and _is_cool(firing, self.spec, now_ms) and (self.spec.below is None or new < self.spec.below):
            crossing = Crossing(self.spec.id, "up", printed(self._score), old, new, at)
            firing[ARMED] = False
        if new < self._rearm_below:
            firing[ARMED] = True
        return crossing

    def is_crossed(self, numbers: Numbers, firing: Firing) -> bool:
        """Whether an armed threshold stands at or above its bound: it did not fire, since no moment crossed it."""
        if self.spec.at is None or not firing[ARMED]:
            return False
        number = self._number(numbers)
        return number >= self.spec.at and (self.spec.below is None or number < self.spec.below)

    def _number(self, numbers: Numbers) -> Number:
        if self._score.name == "total":
            return numbers.total
        return score_in(numbers.scores, self._score.name, self._score.category, self._missing)


class CompiledLead:
    """`leads: SCORE, by: N`: one category is ahead of the next, or of 0, by so much. Ties: nobody leads."""

    def __init__(self, spec: Threshold) -> None:
        self.spec = spec
        self.score = str(spec.leads)

    def cross(self, before: Numbers, after: Numbers, firing_of: Callable[[str], Firing], now_ms: int) -> Crossing | None:
        """The crossing if a category has taken the lead now; its cooldown is its own."""
        leader = self.leader(after)
        if leader is None or leader == self.leader(before) or not _is_cool(firing_of(leader), self.spec, now_ms):
            return None
        old, new = (score_in(numbers.scores, self.score, leader) for numbers in (before, after))
        return Crossing(self.spec.id, "up", f"{self.score}[{leader}]", old, new, self.spec.by, leader)

    def leader(self, numbers: Numbers) -> str | None:
        """The category that is ahead by as much as is asked for; None when there is none."""
        categories = numbers.scores[self.score]
        if not isinstance(categories, dict) or not categories:
            return None
        leader = max(categories, key=lambda category: categories[category])
        next_best = max([0, *(number for category, number in categories.items() if category != leader)])
        ahead = categories[leader] - next_best
        return leader if ahead > 0 and round(ahead, 6) >= (self.spec.by or 0) else None


class CompiledStages:
    """The funnel: the stage that a total is in, and the change from one to another."""

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self._at = [stage.at for stage in stages]
        self._names = [stage.name for stage in stages]

    def stage(self, total: Number) -> str | None:
        """The stage of a total; None below the lowest."""
        place = bisect_right(self._at, total)
        return self._names[place - 1] if place else None

    def cross(self, before: Numbers, after: Numbers) -> Crossing | None:
        """The change of stage, if there is one."""
        old, new = bisect_right(self._at, before.total), bisect_right(self._at, after.total)
        if old == new:
            return None
        at = self._at[new - 1] if new else None
        return Crossing(
            "stage", "up" if new > old else "down", "total", before.total, after.total, at, self._names[new - 1] if new else None
        )


class Watch:
    """Tells in an instant that a change of the numbers crosses nothing: no boundary lies between before and after.

    Every comparison of thresholds and stages is "at or above a boundary", so numbers between the same two boundaries are alike.
    """

    def __init__(self, model: Model) -> None:
        bounds: dict[str, set[Number]] = {"total": {stage.at for stage in model.stages}}
        for spec in model.thresholds:
            given = {spec.at, spec.rearm_below, spec.falls_below}
            bounds.setdefault(spec.score.name, set()).update(bound for bound in given if bound is not None)
        self._leads = [CompiledLead(spec) for spec in model.thresholds if spec.leads is not None]
        self._bounds = [(name, sorted(of_score)) for name, of_score in bounds.items() if name != "total" and of_score]
        self._total = sorted(bounds["total"])
        self._only = sorted({bound for of_score in bounds.values() for bound in of_score})
        self.is_simple = model.total is None and len(model.scores) == 1 and model.scores[0].by is None
        """Whether `is_calm` can be asked: there is but one number."""

    def is_calm(self, before: Number, after: Number) -> bool:
        """Whether a change of the only sum crosses nothing for sure: clamping brings the two but nearer. Fractions are left to `sees`."""
        return type(before) is int and type(after) is int and bisect_right(self._only, before) == bisect_right(self._only, after)

    def sees(self, before: Numbers, after: Numbers) -> bool:
        """Whether a change of the numbers may cross something. Of a category's own threshold, any change may.

        Scores with `by` may be left out of both, if they are the same.
        """
        old, new = before.total, after.total
        if old != new and bisect_right(self._total, old) != bisect_right(self._total, new):
            return True
        for name, bounds in self._bounds:
            one, other = before.scores.get(name, 0), after.scores.get(name, 0)
            if one != other and (
                isinstance(one, dict) or isinstance(other, dict) or bisect_right(bounds, one) != bisect_right(bounds, other)
            ):
                return True
        return any(
            before.scores.get(lead.score) != after.scores.get(lead.score) and lead.leader(before) != lead.leader(after)
            for lead in self._leads
        )


def printed(score: ScoreRef) -> str:
    """`interest`, or `product[mens]`."""
    return score.name if score.category is None else f"{score.name}[{score.category}]"


def _is_cool(firing: Firing, spec: Threshold, now_ms: int) -> bool:
    return firing[LAST_MS] is None or now_ms - firing[LAST_MS] >= spec.cooldown_ms
