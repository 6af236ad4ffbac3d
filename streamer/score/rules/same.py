"""`count: {same: FIELD}`: a count judged apart for each value of a field that has an event in the window."""

from __future__ import annotations

from collections import Counter

from streamer.model.spec import Award
from streamer.score.fields import Field, Value
from streamer.score.row import NEVER, POINTS, TIMES, RuleState
from streamer.score.rules.base import Matched, Rises, ValuesRule
from streamer.score.rules.count import CountRule
from topics.events import Event
from topics.limits import SAME_VALUES_MAX


class CountSame(ValuesRule):
    """`state[VALUES]` maps value to the state of its count, the value seen last at the end; newest 32 values a rule.

    `state[FOLDED]` maps values that went by that bound to [points, times] of awards that were given for good.
    """

    FOLDED = ValuesRule.VALUES + 1

    def __init__(self, field: Field, count: CountRule) -> None:
        super().__init__(count.spec, count.key, field)
        assert count.spec.count is not None
        self._count = count
        self._within_ms = count.spec.count.within_ms
        self._keeps_awards = count.spec.award is not Award.WHILE
        self.timed, self.decays = self._within_ms is not None or count.timed, count.decays

    def count_bites_in(self, bitten: Counter[str]) -> None:
        super().count_bites_in(bitten)
        self._count.count_bites_in(bitten)

    def new_state(self) -> RuleState:
        return [0, 0, b"", {}, {}]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        value = self.value(event)
        if value is None or (self._within_ms is not None and event.occurred_at <= now_ms - self._within_ms):
            return None  # what has left the window comes to no window again, and does not bring its value to life
        states = self.states(state)
        known = states.pop(value, None)
        one = known or self._count.new_state()
        points = one[POINTS]
        mine: Rises = []
        evidence = self._count.observe(one, event, matched, now_ms, mine)
        if known is None and evidence is None:
            return None  # an event without the field of `distinct` does not bring its value to life
        if mine:
            rises.append((self, value))
        states[value] = one
        state[POINTS] += one[POINTS] - points
        if len(states) > SAME_VALUES_MAX:
            self._drop_oldest(state)
        return evidence

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        states = self.states(state)
        for value, one in list(states.items()):
            mine: Rises = []
            if self._is_live(one, now_ms):
                self._count.settle(one, now_ms, mine)
            else:
                self._count.judge(one, False, now_ms, mine)
                if not (self._keeps_awards and one[self._count.RISES]):
                    del states[value]
            rises.extend((self, value) for _ in mine)
        self._add_up(state)

    def fade(self, state: RuleState, now_ms: int) -> None:
        for one in self.states(state).values():
            self._count.fade(one, now_ms)
        self._add_up(state)

    def next_change_ms(self, state: RuleState, now_ms: int) -> int:
        return min((self._next_change_of(one, now_ms) for one in self.states(state).values()), default=NEVER)

    def reasons(self, state: RuleState) -> list[tuple[Value | None, RuleState]]:
        folded = [(value, [points, times, b""]) for value, (points, times) in state[self.FOLDED].items()]
        return folded + super().reasons(state)

    def forget(self, state: RuleState, value: Value) -> None:
        state[self.FOLDED].pop(value, None)
        super().forget(state, value)

    def _is_live(self, one: RuleState, now_ms: int) -> bool:
        if self._within_ms is None:
            return True
        newest_ms = self._count.newest_ms(one)
        return newest_ms is not None and newest_ms > now_ms - self._within_ms

    def _next_change_of(self, one: RuleState, now_ms: int) -> int:
        change = self._count.next_change_ms(one, now_ms)
        newest_ms = self._count.newest_ms(one)
        if self._within_ms is None or newest_ms is None or newest_ms <= now_ms - self._within_ms:
            return change
        return min(change, newest_ms + self._within_ms)

    def _add_up(self, state: RuleState) -> None:
        """The points of all values together, which are a part of the sums where the score has no `by`."""
        state[POINTS] = sum(one[POINTS] for _, one in self.reasons(state))

    def _drop_oldest(self, state: RuleState) -> None:
        self.bitten["same_values"] += 1
        states = self.states(state)
        value = next(iter(states))
        one = states.pop(value)
        if self._keeps_awards and self._within_ms is not None and one[TIMES] and not self.decays:
            points, times = state[self.FOLDED].pop(value, (0, 0))
            state[self.FOLDED][value] = [points + one[POINTS], times + one[TIMES]]
            while len(state[self.FOLDED]) > SAME_VALUES_MAX:
                del state[self.FOLDED][next(iter(state[self.FOLDED]))]
        self._add_up(state)
