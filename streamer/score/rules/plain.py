"""A plain rule: each matching event earns the points. With `skip` or `limit` over all time, a count is all it takes."""

from __future__ import annotations

from streamer.model.spec import Rule
from streamer.score.row import POINTS, TIMES, RuleState
from streamer.score.rules.base import OWN, CompiledRule, Matched, Rises
from streamer.score.rules.cap import Cap
from topics.events import Event


class Plain(CompiledRule):
    """Nothing but `points`."""

    COUNT = OWN
    shape = "counted"

    def new_state(self) -> RuleState:
        return [0, 0, b"", 0]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        times = state[TIMES] = state[self.COUNT] = state[self.COUNT] + 1
        state[POINTS] = times * self.points
        if self.alert:
            rises.append((self, None))
        return state

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        state[TIMES] = state[self.COUNT]
        state[POINTS] = state[TIMES] * self.points


class Capped(CompiledRule):
    """`skip` and `limit: {per: ever}`: which event earns does not matter, only how many there are."""

    COUNT = OWN
    shape = "counted"

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        self.cap = Cap(spec)
        self._skip, self._times_max = self.cap.skip, self.cap.times_max

    def new_state(self) -> RuleState:
        return [0, 0, b"", 0]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        count = state[self.COUNT] = state[self.COUNT] + 1
        times = count - self._skip
        if not 0 < times <= self._times_max:
            return None
        state[POINTS], state[TIMES] = self.cap.earned(times)
        if self.alert:
            rises.append((self, None))
        return state

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        state[POINTS], state[TIMES] = self.cap.earned(max(state[self.COUNT] - self.cap.skip, 0))
