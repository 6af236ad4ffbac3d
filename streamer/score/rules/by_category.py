"""A plain rule on a score with `by`: its points go to the category that the event names; none named earns nothing."""

from __future__ import annotations

from collections import Counter

from streamer.score.fields import Field
from streamer.score.row import NEVER, RuleState
from streamer.score.rules.base import CompiledRule, Matched, Rises, ValuesRule
from topics.events import Event


class ByCategory(ValuesRule):
    """`state[VALUES]` maps category to the state of the inner rule. The lead's categories are bounded by the engine."""

    def __init__(self, field: Field, inner: CompiledRule) -> None:
        super().__init__(inner.spec, inner.key, field)
        self.inner = inner
        self.timed, self.decays = inner.timed, inner.decays

    def count_bites_in(self, bitten: Counter[str]) -> None:
        super().count_bites_in(bitten)
        self.inner.count_bites_in(bitten)

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        category = self.value(event)
        if category is None:
            return None
        states = state[self.VALUES]
        one = states.get(category)
        if one is None:
            one = states[category] = self.inner.new_state()
        mine: Rises = []
        evidence = self.inner.observe(one, event, matched, now_ms, mine)
        if mine:
            rises.append((self, category))
        return evidence

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        for one in self.states(state).values():
            self.inner.settle(one, now_ms, rises)

    def fade(self, state: RuleState, now_ms: int) -> None:
        for one in self.states(state).values():
            self.inner.fade(one, now_ms)

    def next_change_ms(self, state: RuleState, now_ms: int) -> int:
        return min((self.inner.next_change_ms(one, now_ms) for one in self.states(state).values()), default=NEVER)
