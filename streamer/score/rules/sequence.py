"""`sequence: [...]`: true for good once the conditions happened in this order of event time, last - first < within.

Equal times are in order, but each condition needs an event of its own.
"""

from __future__ import annotations

from streamer.model.spec import Rule
from streamer.score.row import RuleState
from streamer.score.rules.base import Matched, Rises
from streamer.score.rules.held import HeldRule
from topics.events import Event
from topics.limits import STEP_TIMES_MAX

Seen = list[list[list[int]]]  # for each condition its newest events as [time, number], oldest first


class Sequence(HeldRule):
    """`state[SEEN]`: [number of events seen, the newest 16 events of each condition]; emptied once the rule is true."""

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        self.timed = self._earnings is not None

    def new_sight(self) -> list[object]:
        return [[0, [[] for _ in self.spec.conditions]]]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        if state[self.HELD]:
            return None
        sight = state[self.SEEN]
        sight[0] += 1
        for condition in matched:
            seen = sight[1][condition]
            seen.append([event.occurred_at, sight[0]])
            seen.sort()
            if len(seen) > STEP_TIMES_MAX:
                self.bitten["step_times"] += 1
                del seen[:-STEP_TIMES_MAX]
        self.settle(state, now_ms, rises)
        return state

    def truth(self, state: RuleState, now_ms: int) -> bool:
        if state[self.HELD]:
            return True
        seen: Seen = state[self.SEEN][1]
        if not all(seen):
            return False
        happened = any(self._continues(seen, 1, time_ms, {number}, time_ms) for time_ms, number in reversed(seen[0]))
        if happened:
            state[self.SEEN][1] = [[] for _ in seen]
        return happened

    def _continues(self, seen: Seen, step: int, since_ms: int, used: set[int], first_ms: int) -> bool:
        """Whether the steps from this one on happened, each at its earliest: a later event can only do worse."""
        if step == len(seen):
            return True
        within_ms = self.spec.within_ms
        earliest: int | None = None
        for time_ms, number in seen[step]:
            if time_ms < since_ms or number in used:
                continue
            if (earliest is not None and time_ms > earliest) or (within_ms is not None and time_ms - first_ms >= within_ms):
                break
            earliest = time_ms
            if self._continues(seen, step + 1, time_ms, used | {number}, first_ms):
                return True
        return False
