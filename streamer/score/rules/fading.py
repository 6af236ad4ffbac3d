"""A plain rule with `expires_after` or `half_life` and nothing else: each event is an earning."""

from __future__ import annotations

from collections import Counter

from streamer.model.spec import Rule
from streamer.score.row import POINTS, TIMES, RuleState
from streamer.score.rules.base import OWN, CompiledRule, Matched, Rises
from streamer.score.rules.earnings import Earnings
from topics.events import Event


class Fading(CompiledRule):
    """`state[EARNINGS]` holds what was earned and has not expired."""

    EARNINGS = OWN
    timed = True

    def __init__(self, spec: Rule, key: int, earnings: Earnings) -> None:
        super().__init__(spec, key)
        self._earnings = earnings
        self.decays = earnings.decays

    def count_bites_in(self, bitten: Counter[str]) -> None:
        super().count_bites_in(bitten)
        self._earnings.bitten = bitten

    def new_state(self) -> RuleState:
        return [0, 0, b"", self._earnings.empty()]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        before = state[TIMES]
        state[self.EARNINGS] = self._earnings.add(state[self.EARNINGS], event.occurred_at, now_ms)
        self.settle(state, now_ms, rises)
        if state[TIMES] <= before:
            return None
        if self.alert:
            rises.append((self, None))
        return state

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        state[self.EARNINGS], state[POINTS], state[TIMES] = self._earnings.worth(state[self.EARNINGS], now_ms)

    def fade(self, state: RuleState, now_ms: int) -> None:
        self.settle(state, now_ms, [])

    def next_change_ms(self, state: RuleState, now_ms: int) -> int:
        return self._earnings.next_change_ms(state[self.EARNINGS], now_ms)
