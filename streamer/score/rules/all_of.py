"""`all: [...]`: true while each condition has an event in (now - within, now]; one event may serve several conditions."""

from __future__ import annotations

from streamer.model.spec import Rule
from streamer.score.row import NEVER, RuleState
from streamer.score.rules.base import Matched, Rises
from streamer.score.rules.held import HeldRule
from topics.events import Event

NONE = -1


class AllOf(HeldRule):
    """`state[SEEN]` is the newest time of each condition, which is all that is needed; `NONE` when it has none."""

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        self.timed = spec.within_ms is not None or self._earnings is not None

    def new_sight(self) -> list[object]:
        return [[NONE] * len(self.spec.conditions)]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        newest: list[int] = state[self.SEEN]
        for condition in matched:
            newest[condition] = max(newest[condition], event.occurred_at)
        self.settle(state, now_ms, rises)
        return state

    def truth(self, state: RuleState, now_ms: int) -> bool:
        oldest = min(state[self.SEEN])
        return oldest != NONE and (self.spec.within_ms is None or oldest > now_ms - self.spec.within_ms)

    def next_turn_ms(self, state: RuleState, now_ms: int) -> int:
        if self.spec.within_ms is None or not state[self.HELD]:
            return NEVER
        return int(min(state[self.SEEN])) + self.spec.within_ms
