"""`after … without … within`: true when an `after` event was not followed by a `without` event in time.

Walked in event time: an `after` event starts a wait if none runs, a `without` event ends it, and when it has run for
`within` the rule is true, until the next `after` starts a new wait or a `without` ends it. At equal times `after` counts first.
"""

from __future__ import annotations

from typing import Any

from streamer.model.spec import Rule
from streamer.score.row import NEVER, RuleState
from streamer.score.rules.base import Matched, Rises
from streamer.score.rules.held import HeldRule
from streamer.score.times import WIDTH, add, unpack
from topics.events import Event
from topics.limits import STEP_TIMES_MAX

AFTER, WITHOUT = 0, 1
IDLE = -1  # no wait runs; otherwise the walk's state is when the wait began


class AfterWithout(HeldRule):
    """`state[SEEN]`: [times of `after`, times of `without`, wait at the time of those forgotten]: newest 16 a step, older ones walked."""

    timed = True

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        assert spec.within_ms is not None
        self._within_ms = spec.within_ms

    def new_sight(self) -> list[object]:
        return [[b"", b"", IDLE]]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        seen = state[self.SEEN]
        for step in matched:
            seen[step] = add(seen[step], event.occurred_at, STEP_TIMES_MAX + 1)
            while len(seen[step]) > STEP_TIMES_MAX * WIDTH:
                self._forget_oldest(seen)
        self.settle(state, now_ms, rises)
        return state if AFTER in matched else None

    def truth(self, state: RuleState, now_ms: int) -> bool:
        began_ms = self._wait_at(state, now_ms)
        return began_ms != IDLE and now_ms >= began_ms + self._within_ms

    def next_turn_ms(self, state: RuleState, now_ms: int) -> int:
        began_ms = self._wait_at(state, now_ms)
        return began_ms + self._within_ms if began_ms != IDLE and now_ms < began_ms + self._within_ms else NEVER

    def _wait_at(self, state: RuleState, now_ms: int) -> int:
        after, without, began_ms = state[self.SEEN]
        steps = sorted([(time_ms, AFTER) for time_ms in unpack(after)] + [(time_ms, WITHOUT) for time_ms in unpack(without)])
        for time_ms, step in steps:
            began_ms = self._walk(began_ms, time_ms, step)
        return int(began_ms)

    def _walk(self, began_ms: int, time_ms: int, step: int) -> int:
        """When the wait began that runs, or has run its time, after the next step."""
        if step == WITHOUT:
            return IDLE
        return time_ms if began_ms == IDLE or time_ms >= began_ms + self._within_ms else began_ms

    def _forget_oldest(self, seen: list[Any]) -> None:
        self.bitten["step_times"] += 1
        after, without = seen[AFTER], seen[WITHOUT]
        step = AFTER if after and (not without or after[:WIDTH] <= without[:WIDTH]) else WITHOUT
        oldest = (after, without)[step]
        seen[2] = self._walk(seen[2], int.from_bytes(oldest[:WIDTH], "big"), step)
        seen[step] = oldest[WIDTH:]
