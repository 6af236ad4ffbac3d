"""The numbers of a lead: what its rules give in, its scores and its total out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from streamer.model.scores import profile_fields, references
from streamer.model.spec import Model, Number, Score
from streamer.score.adding import sum_of
from streamer.score.formula import compile_formula
from streamer.score.row import POINTS, Row
from streamer.score.rules import CompiledRule
from topics.alerts import Scores
from topics.profiles import Profile

DECIMALS = 6  # contract, section 3: sums, scores and total are rounded before they are clamped, compared or printed
NO_PLACE = -1
TOTALS_REMEMBERED = 4096
Sums = Mapping[Any, Number | None]
"""What the rules give to each category of a score with `by`; None to one that is only remembered."""

Added = tuple[list[Number], Mapping[str, Sums]]
"""What the rules of a lead give: the sums of the scores without `by`, and the categories of the others."""


class Numbers(msgspec.Struct, frozen=True, gc=False):
    """What thresholds and stages look at. `scores` are clamped; a score with `by` maps its categories to numbers."""

    total: Number
    scores: Scores


def rounded(number: Number) -> Number:
    """Six decimals; a whole number as an integer."""
    if type(number) is int:
        return number
    near = round(number, DECIMALS)
    return int(near) if near.is_integer() else near


def clamp_of(score: Score) -> Callable[[Number], Number]:
    """Rounds a sum to six decimals and brings it within the score's bounds."""
    low, high = score.min, score.max

    def clamp(number: Number) -> Number:
        if type(number) is not int:
            number = rounded(number)
        if low is not None and number < low:
            return low
        return high if high is not None and number > high else number

    return clamp


class Tally:
    """Adds up what the rules of a row give, for one model.

    The sums are kept in the row, so that an event costs only what it changes.
    """

    def __init__(self, model: Model, rules: Mapping[int, CompiledRule]) -> None:
        self.clamps = {score.name: clamp_of(score) for score in model.scores}
        flat = [score for score in model.scores if score.by is None]
        self._flat = [score.name for score in flat]
        self._flat_clamps = [self.clamps[name] for name in self._flat]
        self.by = [score.name for score in model.scores if score.by is not None]
        """The scores with `by`, in the model's order."""
        self.is_one_number = model.total is None and len(flat) == 1
        """Whether the total is the only score without `by`."""
        self.place_of = {name: place for place, name in enumerate(self._flat)}
        """The place of a score without `by` among the sums."""
        self.places = {key: self.place_of.get(rule.spec.score, NO_PLACE) for key, rule in rules.items()}
        """The place of a rule's points among the sums; `NO_PLACE` for rules that give them to categories."""
        self._by_rules = {name: [(key, rule) for key, rule in rules.items() if rule.spec.score == name] for name in self.by}
        self._formula = None if model.total is None else compile_formula(model.total, self.place_of)
        self._in_total = set() if model.total is None else {reference.name for reference in references(model.total)} & set(self.by)
        self.is_of_sums_alone = model.total is None or not (self._in_total or profile_fields(model.total))
        """Whether the total is made of nothing but the scores without `by`."""
        # The same scores come again and again, and a formula takes longer than to look them up.
        self._total_of = lru_cache(TOTALS_REMEMBERED)(self._work_out)

    def add_up(self, row: Row) -> None:
        """Adds up anew what the rules give."""
        sums: list[Number] = [0] * len(self._flat)
        places = self.places
        for key, state in row.rules.items():
            place = places[key]
            if place >= 0:
                sums[place] += state[POINTS]
        row.sums = sums
        if self.by:
            row.categories = {name: self.sums_by_category(row, name) for name in self.by}

    def sums_by_category(self, row: Row, name: str) -> dict[Any, Number | None]:
        """What the rules give to each category of a score with `by`, the most recent category last."""
        sums: dict[Any, Number | None] = dict.fromkeys(row.categories.get(name, ()))
        for key, rule in self._by_rules[name]:
            state = row.rules.get(key)
            if state is not None:
                for category, one in rule.reasons(state):
                    sums[category] = (sums.get(category) or 0) + one[POINTS]
        return sums

    def judge(self, row: Row) -> Numbers:
        """The numbers of the row, whose total follows."""
        numbers = self.numbers(row.sums, row.categories, row.profile)
        row.total = numbers.total
        return numbers

    def _work_out(self, flat: tuple[Number, ...]) -> Number:
        assert self._formula is not None
        return rounded(self._formula(flat, {}, {}))

    def numbers(self, sums: list[Number], categories: Mapping[str, Sums], profile: Profile) -> Numbers:
        """The numbers of these sums."""
        flat = self.clamped(sums)
        scores: Scores = dict(zip(self._flat, flat, strict=True))
        for name in self.by:
            scores[name] = self.by_category(name, categories)
        return Numbers(self.total(flat, categories, profile), scores)

    def clamped(self, sums: Sequence[Number]) -> list[Number]:
        """The scores without `by`."""
        return [clamp(number) for clamp, number in zip(self._flat_clamps, sums, strict=True)]

    def by_category(self, name: str, categories: Mapping[str, Sums]) -> dict[str, Number]:
        """A score with `by`: the number of each category that is given something."""
        found: dict[str, Number] = {}
        for category, number in categories.get(name, {}).items():
            if number is not None:
                found[str(category)] = found.get(str(category), 0) + number
        clamp = self.clamps[name]
        return {category: clamp(number) for category, number in found.items()}

    def total(self, flat: list[Number], categories: Mapping[str, Sums], profile: Profile) -> Number:
        """The total of these scores, `flat` those without `by`."""
        if self._formula is None:
            return rounded(sum_of(flat))
        if self.is_of_sums_alone:
            return self._total_of(tuple(flat))
        return rounded(self._formula(flat, {name: self.by_category(name, categories) for name in self._in_total}, profile))
