"""`limit` per calendar period: a plain rule that counts its events in each of the newest 8 periods.

All that matters of an event is its period: `skip` takes the earliest events, so those of the earliest periods first.
"""

from __future__ import annotations

from streamer.model.spec import Number, Rule
from streamer.score.row import POINTS, TIMES, RuleState
from streamer.score.rules.base import OWN, CompiledRule, Matched, Rises
from streamer.score.rules.calendar import period_of
from streamer.score.rules.cap import Cap
from topics.events import Event
from topics.limits import LIMIT_PERIODS_MAX

FOLDED_EVENTS_MAX = 255
"""Of more events than that, or than the limit lets earn, in an older period nothing is to be known."""


class Periods(CompiledRule):
    """`state[COUNTS]` maps period to number of events; `state[FOLDED]` is what older periods leave behind, so that other points
    can be made of it: [events skipped, {number of events that were not skipped: number of periods with so many}].
    """

    COUNTS, FOLDED = OWN, OWN + 1

    def __init__(self, spec: Rule, key: int, timezone: str) -> None:
        super().__init__(spec, key)
        assert spec.limit is not None
        self._cap = Cap(spec)
        self.period_of = period_of(spec.limit.per, timezone)

    def new_state(self) -> RuleState:
        return [0, 0, b"", {}, [0, {}]]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        before = state[TIMES]
        self.count(state, event.occurred_at)
        self.settle(state, now_ms, rises)
        if state[TIMES] <= before:
            return None
        if self.alert:
            rises.append((self, None))
        return state

    def count(self, state: RuleState, time_ms: int, change: int = 1) -> None:
        """Counts an event in its period, or takes one out again (`change` -1)."""
        counts: dict[int, int] = state[self.COUNTS]
        period = self.period_of(time_ms)
        if period not in counts and len(counts) >= LIMIT_PERIODS_MAX:
            self.bitten["limit_periods"] += 1
            oldest = min(counts)
            if period < oldest:
                return
            self._fold(state, oldest)
        counts[period] = max(counts.get(period, 0) + change, 0)

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        counts: dict[int, int] = state[self.COUNTS]
        skipped, folded = state[self.FOLDED]
        points: Number = 0
        times = 0
        for events, periods in folded.items():
            of_one, times_of_one = self._cap.earned(events)
            points += of_one * periods
            times += times_of_one * periods
        to_skip = self._cap.skip - skipped
        for period in sorted(counts):
            skip = min(max(to_skip, 0), counts[period])
            to_skip -= skip
            more_points, more_times = self._cap.earned(counts[period] - skip)
            points += more_points
            times += more_times
        state[POINTS], state[TIMES] = points, times

    def _fold(self, state: RuleState, period: int) -> None:
        folded = state[self.FOLDED]
        events = state[self.COUNTS].pop(period)
        skip = min(max(self._cap.skip - folded[0], 0), events)
        folded[0] += skip
        earning = min(events - skip, max(self._cap.times_max, FOLDED_EVENTS_MAX))
        folded[1][earning] = folded[1].get(earning, 0) + 1
