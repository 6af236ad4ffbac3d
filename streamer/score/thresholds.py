"""Thresholds and stages: the numbers before and after a moment in, what was crossed out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from streamer.model.spec import Model, Number, ScoreRef, Stage, Threshold
from streamer.score.numbers import Numbers, Sums, Tally, rounded
from streamer.score.row import Row
from topics.alerts import Scores
from topics.profiles import Profile

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


class CategoryBounds(NamedTuple):
    """The boundaries of one category of a score."""

    category: str
    bounds: list[Number]


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
        if old < self._rearm_below:  # where a changed model may have brought it
            firing[ARMED] = True
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
        leader = self._leader_of(after)
        if leader is None or leader == self._leader_of(before) or not _is_cool(firing_of(leader), self.spec, now_ms):
            return None
        old, new = (score_in(numbers.scores, self.score, leader) for numbers in (before, after))
        return Crossing(self.spec.id, "up", f"{self.score}[{leader}]", old, new, self.spec.by, leader)

    def leader(self, categories: Mapping[str, Number]) -> str | None:
        """The category that is ahead by as much as is asked for; None when there is none."""
        leader: str | None = None
        best: Number = 0
        next_best: Number = 0
        for category, number in categories.items():
            if number > best:
                leader, best, next_best = category, number, best
            elif number > next_best:
                next_best = number
        return leader if leader is not None and round(best - next_best, 6) >= (self.spec.by or 0) and best > next_best else None

    def _leader_of(self, numbers: Numbers) -> str | None:
        categories = numbers.scores[self.score]
        assert isinstance(categories, dict)  # the reader sees to it
        return self.leader(categories)


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
    """Tells quickly that a change of the sums crosses nothing: no boundary lies between before and after.

    Every comparison of thresholds and stages is "at or above a boundary", so numbers between the same two boundaries are alike.
    """

    def __init__(self, model: Model, tally: Tally) -> None:
        self._tally = tally
        bounds: dict[str, set[Number]] = {"total": {stage.at for stage in model.stages}}
        by_category: dict[str, list[CategoryBounds]] = {}
        for spec in model.thresholds:
            given = {bound for bound in (spec.at, spec.rearm_below, spec.falls_below) if bound is not None}
            if spec.score.category is not None:
                by_category.setdefault(spec.score.name, []).append(CategoryBounds(spec.score.category, sorted(given)))
            else:
                bounds.setdefault(spec.score.name, set()).update(given)
        if tally.is_one_number:
            bounds = {"total": set().union(*bounds.values())}
        self.total_bounds = sorted(bounds.pop("total"))
        self._flat = [(tally.clamps[name], tally.place_of[name], sorted(of_score)) for name, of_score in bounds.items() if of_score]
        self._leads: dict[str, list[CompiledLead]] = {}
        for spec in model.thresholds:
            if spec.leads is not None:
                self._leads.setdefault(spec.leads, []).append(CompiledLead(spec))
        self._by = {name: by_category.get(name, []) for name in [*by_category, *self._leads]}

    def is_calm(self, row: Row, sums: list[Number], categories: Mapping[str, Sums]) -> bool:
        """Whether the change from these sums to those of the row crosses nothing. Brings the row's total to what it is now."""
        total = self.calm_total(sums, row.sums, row.total, row.categories, row.profile)
        if total is None:
            return False
        row.total = total
        return categories is row.categories or self.is_calm_by(categories, row.categories)

    @property
    def watches_categories(self) -> bool:
        """Whether a threshold looks at categories."""
        return bool(self._by)

    def is_calm_by(self, old: Mapping[str, Sums], new: Mapping[str, Sums]) -> bool:
        """Whether the change of the categories crosses nothing."""
        return all(self._is_calm_of(name, old, new) for name in self._by)

    def calm_total(
        self, before: Sequence[Number], after: Sequence[Number], total: Number, categories: Mapping[str, Sums], profile: Profile
    ) -> Number | None:
        """The total after the change of the sums, if neither it nor a score without `by` crosses something; `total` is that before."""
        if self._tally.is_one_number:  # which clamping would but bring nearer to each other; the total is told when it is judged
            calm = bisect_right(self.total_bounds, rounded(before[0])) == bisect_right(self.total_bounds, rounded(after[0]))
            return total if calm else None
        new_total = self._tally.total(self._tally.clamped(after), categories, profile)
        if total != new_total and bisect_right(self.total_bounds, total) != bisect_right(self.total_bounds, new_total):
            return None
        for clamp, place, bounds in self._flat:
            old, new = before[place], after[place]
            if old != new and bisect_right(bounds, clamp(old)) != bisect_right(bounds, clamp(new)):
                return None
        return new_total

    def _is_calm_of(self, name: str, old: Mapping[str, Sums], new: Mapping[str, Sums]) -> bool:
        if old.get(name) == new.get(name):
            return True
        missing = self._tally.clamps[name](0)
        before, after = self._tally.by_category(name, old), self._tally.by_category(name, new)
        for category, bounds in self._by[name]:
            if bisect_right(bounds, before.get(category, missing)) != bisect_right(bounds, after.get(category, missing)):
                return False
        return all(lead.leader(before) == lead.leader(after) for lead in self._leads.get(name, ()))


def score_in(scores: Scores, name: str, category: str | None, missing: Number = 0) -> Number:
    """A score's number, or that of one of its categories."""
    found = scores[name]
    if isinstance(found, dict):
        return found.get(category, missing) if category is not None else missing
    return found


def printed(score: ScoreRef) -> str:
    """`interest`, or `product[mens]`."""
    return score.name if score.category is None else f"{score.name}[{score.category}]"


def _is_cool(firing: Firing, spec: Threshold, now_ms: int) -> bool:
    return firing[LAST_MS] is None or now_ms - firing[LAST_MS] >= spec.cooldown_ms
