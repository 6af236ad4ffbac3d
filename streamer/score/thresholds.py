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


class Bounds(NamedTuple):
    """The boundaries of a number: those at which something happens as it rises, and those as it falls."""

    rising: list[Number]
    falling: list[Number]

    def are_crossed(self, old: Number, new: Number) -> bool:
        """Whether one of them lies between the two, in this direction."""
        if new > old:
            return bisect_right(self.rising, old) != bisect_right(self.rising, new)
        return new < old and bisect_right(self.falling, old) != bisect_right(self.falling, new)


def _bounds_of(thresholds: Sequence[Threshold], stages: Sequence[Stage] = ()) -> Bounds:
    """`at` fires as a number rises, `falls_below` as it falls; falling below `rearm_below`, or `at` without it, arms again."""
    at_stages = [stage.at for stage in stages]
    rising = [spec.at for spec in thresholds if spec.at is not None]
    falling = [spec.falls_below if spec.at is None else spec.at if spec.rearm_below is None else spec.rearm_below for spec in thresholds]
    return Bounds(sorted({*rising, *at_stages}), sorted({*(bound for bound in falling if bound is not None), *at_stages}))


class CompiledThreshold:
    """`at` or `falls_below` on one number."""

    def __init__(self, spec: Threshold, key: int, clamp: Callable[[Number], Number] | None) -> None:
        self.spec = spec
        self.key = key
        self._score = spec.score
        self._missing = 0 if clamp is None else clamp(0)
        self._rearm_below = spec.at if spec.rearm_below is None else spec.rearm_below

    def cross(self, old: Number, new: Number, firing: Firing, now_ms: int) -> Crossing | None:
        """The crossing from one number to the other if it fires now. Notes in `firing` whether it is armed."""
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

    def rearm(self, numbers: Numbers, firing: Firing) -> None:
        """Arms a threshold that a changed model has brought below its bound."""
        if self._rearm_below is not None and self.number(numbers) < self._rearm_below:
            firing[ARMED] = True

    def is_crossed(self, numbers: Numbers, firing: Firing) -> bool:
        """Whether an armed threshold stands at or above its bound: it did not fire, since no moment crossed it."""
        if self.spec.at is None or not firing[ARMED]:
            return False
        number = self.number(numbers)
        return number >= self.spec.at and (self.spec.below is None or number < self.spec.below)

    def number(self, numbers: Numbers) -> Number:
        """The number that it looks at."""
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
        if before.scores[self.score] == after.scores[self.score]:
            return None
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

    Every comparison of thresholds and stages is "at or above a boundary", so numbers between the same two boundaries are alike. A
    threshold below its `rearm_below` is always armed: falling below it arms, and so does a changed model (`Alerter.unfired`).
    """

    def __init__(self, model: Model, tally: Tally) -> None:
        self._tally = tally
        of_score: dict[tuple[str, str | None], list[Threshold]] = {}
        for spec in model.thresholds:
            if spec.leads is None:
                name = "total" if tally.is_one_number and spec.score.category is None else spec.score.name
                of_score.setdefault((name, spec.score.category), []).append(spec)
        self.of_total = _bounds_of(of_score.pop(("total", None), []), model.stages)
        self.of_scores = [
            (tally.clamps[name], tally.place_of[name], _bounds_of(specs))
            for (name, category), specs in of_score.items()
            if category is None
        ]
        self.leads: dict[str, list[CompiledLead]] = {}
        for spec in model.thresholds:
            if spec.leads is not None:
                self.leads.setdefault(spec.leads, []).append(CompiledLead(spec))
        self.of_categories: dict[str, list[tuple[str, Bounds]]] = {name: [] for name in self.leads}
        for (name, category), specs in of_score.items():
            if category is not None:
                self.of_categories.setdefault(name, []).append((category, _bounds_of(specs)))

    def is_calm(self, row: Row, sums: list[Number], categories: Mapping[str, Sums]) -> bool:
        """Whether the change from these sums to those of the row crosses nothing. Brings the row's total to what it is now."""
        total = self.calm_total(sums, row.sums, row.total, row.categories, row.profile)
        if total is None:
            return False
        row.total = total
        return categories is row.categories or self.is_calm_by(categories, row.categories)

    def is_calm_by(self, old: Mapping[str, Sums], new: Mapping[str, Sums]) -> bool:
        """Whether the change of the categories crosses nothing."""
        return all(self._is_calm_of(name, old, new) for name in self.of_categories)

    def calm_total(
        self, before: Sequence[Number], after: Sequence[Number], total: Number, categories: Mapping[str, Sums], profile: Profile
    ) -> Number | None:
        """The total after the change of the sums, if neither it nor a score without `by` crosses something; `total` is that before."""
        if self._tally.is_one_number:  # which clamping would but bring nearer to each other; the total is told when it is judged
            return None if self.of_total.are_crossed(rounded(before[0]), rounded(after[0])) else total
        new_total = self._tally.total(self._tally.clamped(after), categories, profile)
        if self.of_total.are_crossed(total, new_total):
            return None
        for clamp, place, bounds in self.of_scores:
            old, new = before[place], after[place]
            if old != new and bounds.are_crossed(clamp(old), clamp(new)):
                return None
        return new_total

    def _is_calm_of(self, name: str, old: Mapping[str, Sums], new: Mapping[str, Sums]) -> bool:
        if old.get(name) == new.get(name):
            return True
        missing = self._tally.clamps[name](0)
        before, after = self._tally.by_category(name, old), self._tally.by_category(name, new)
        for category, bounds in self.of_categories[name]:
            if bounds.are_crossed(before.get(category, missing), after.get(category, missing)):
                return False
        return all(lead.leader(before) == lead.leader(after) for lead in self.leads.get(name, ()))


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
