"""Scores with `by`: an event that a rule of such a score sees comes in; the row's sums by category follow.

The least recent category goes when there are too many (contract, section 3, "Bounds").
"""

from __future__ import annotations

from collections import Counter

from streamer.score.fields import Value
from streamer.score.numbers import Tally
from streamer.score.row import POINTS, TIMES, Row, RuleState
from streamer.score.rules import CompiledRule, Rises, ValuesRule
from streamer.score.rules.base import Matched
from topics.events import Event
from topics.limits import CATEGORIES_MAX

NOTHING: RuleState = [0, 0, b""]


class Categories:
    """The categories of a row, for one model."""

    def __init__(self, rules: dict[int, CompiledRule], tally: Tally, bitten: Counter[str]) -> None:
        self._rules = rules
        self._tally = tally
        self._bitten = bitten

    def observe(
        self, row: Row, rule: CompiledRule, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises
    ) -> RuleState | None:
        """Lets the rule take in the event; returns the state that it is evidence for, if for any."""
        assert isinstance(rule, ValuesRule)
        value = rule.value(event)
        if value is None:
            return None
        states = rule.states(state)
        before = states.get(value) or NOTHING
        gave, points = before[TIMES] or before[POINTS], before[POINTS]
        values = len(states) + (before is NOTHING)
        evidence = rule.observe(state, event, matched, now_ms, rises)
        after = rule.states(state).get(value) or NOTHING
        is_alone = not rule.moves_others and len(states) == values
        if evidence is not None:
            self._touch(row, rule.spec.score, value)
        name = rule.spec.score
        if not is_alone or (gave and not (after[TIMES] or after[POINTS])):
            row.categories[name] = self._tally.sums_by_category(row, name)
        elif after[TIMES] or after[POINTS]:
            sums = row.categories.setdefault(name, {})
            sums[value] = (sums.get(value) or 0) + after[POINTS] - points
        return evidence

    def _touch(self, row: Row, score: str, value: Value) -> None:
        """This category is the most recent now."""
        recent = row.categories.setdefault(score, {})
        recent[value] = recent.pop(value, None)
        if len(recent) > CATEGORIES_MAX:
            self._bitten["categories"] += 1
            oldest = next(iter(recent))
            del recent[oldest]
            for key, other in self._rules.items():
                if other.spec.score == score and isinstance(other, ValuesRule) and key in row.rules:
                    other.forget(row.rules[key], oldest)
