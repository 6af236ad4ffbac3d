"""The numbers of a lead: what its rules give in, its scores and its total out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from streamer.model.scores import references
from streamer.model.spec import Model, Number, Score
from streamer.score.formula import compile_formula
from streamer.score.row import POINTS, Row
from streamer.score.rules import CompiledRule
from topics.alerts import Scores
from topics.profiles import Profile

DECIMALS = 6  # contract, section 3: sums, scores and total are rounded before they are clamped, compared or printed
NO_PLACE = -1
SplitSums = tuple[list[Number], dict[str, dict[str, Number]]]
"""By score without `by` (empty: nothing), and by category of each score with `by`."""
NO_SPLIT_SUMS: SplitSums = ([], {})


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
    """Brings a sum between the score's min and max."""
    low, high = score.min, score.max

    def clamp(number: Number) -> Number:
        near = number if type(number) is int else rounded(number)
        if low is not None and near < low:
            return low
        return high if high is not None and near > high else near

    return clamp


class Tally:
    """Adds up what the rules give, for one model.

    The sums of the scores without `by` are kept in the row, so that an event costs only what it changes.
    """

    def __init__(self, model: Model, rules: Mapping[int, CompiledRule]) -> None:
        self.clamps = {score.name: clamp_of(score) for score in model.scores}
        self._flat = [(score.name, score.min, score.max) for score in model.scores if score.by is None]
        self._by = [(score.name, self.clamps[score.name]) for score in model.scores if score.by is not None]
        self._formula = None if model.total is None else compile_formula(model.total)
        in_total = set() if model.total is None else {reference.name for reference in references(model.total)}
        places = {name: place for place, (name, _, _) in enumerate(self._flat)}
        place_of = {key: places.get(rule.spec.score, NO_PLACE) for key, rule in rules.items()}
        self._split = [(key, rule, place_of[key]) for key, rule in rules.items() if rule.split]
        self.places = {key: NO_PLACE if rules[key].split else place for key, place in place_of.items()}
        """The place of a rule's points among the sums; `NO_PLACE` for rules that give them to several values."""
        self.is_flat = in_total <= set(places) and all(place == NO_PLACE for _, _, place in self._split)
        """Whether the sums alone make the total and all scores without `by`."""

    def sums(self, row: Row) -> list[Number]:
        """What the rules that are not split give to each score without `by`."""
        sums: list[Number] = [0] * len(self._flat)
        places = self.places
        for key, state in row.rules.items():
            place = places[key]
            if place >= 0:
                sums[place] += state[POINTS]
        return sums

    def split_sums(self, row: Row) -> SplitSums:
        """What the rules give that give points to several values: to each score without `by`, and to each category."""
        flat: list[Number] = []
        categories: dict[str, dict[str, Number]] = {}
        for key, rule, place in self._split:
            state = row.rules.get(key)
            if state is None:
                continue
            if place >= 0:
                flat = flat or [0] * len(self._flat)
                for _, one in rule.reasons(state):
                    flat[place] += one[POINTS]
            else:
                of_score = categories.setdefault(rule.spec.score, {})
                for value, one in rule.reasons(state):
                    of_score[str(value)] = of_score.get(str(value), 0) + one[POINTS]
        return flat, categories

    def numbers(self, row: Row, sums: list[Number] | None = None, split: SplitSums | None = None) -> Numbers:
        """The lead's numbers as its rules were judged last; `sums` and `split` stand in for the row's own."""
        sums = row.sums if sums is None else sums
        flat, categories = (self.split_sums(row) if self._split else NO_SPLIT_SUMS) if split is None else split
        if flat:
            sums = [one + other for one, other in zip(sums, flat, strict=True)]
        scores = self._clamped(sums)
        for name, clamp in self._by:
            scores[name] = {category: clamp(number) for category, number in categories.get(name, {}).items()}
        return Numbers(self._total(scores, row.profile), scores)

    def flat_numbers(self, row: Row, sums: list[Number]) -> Numbers:
        """The numbers of these sums without those of categories; only for a model that `is_flat`."""
        scores = self._clamped(sums)
        return Numbers(self._total(scores, row.profile), scores)

    def _clamped(self, sums: list[Number]) -> Scores:
        scores: Scores = {}
        for (name, low, high), number in zip(self._flat, sums, strict=True):
            if type(number) is not int:
                number = rounded(number)
            if low is not None and number < low:
                number = low
            elif high is not None and number > high:
                number = high
            scores[name] = number
        return scores

    def _total(self, scores: Scores, profile: Profile) -> Number:
        total: Number = 0
        if self._formula is not None:
            total = self._formula(scores, profile)
        else:
            for name, _, _ in self._flat:
                total += scores[name]  # type: ignore[operator]  # a score without `by` is a number
        return total if type(total) is int else rounded(total)
