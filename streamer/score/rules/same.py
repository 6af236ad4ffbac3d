"""`count: {same: FIELD}`: a count judged apart for each value of a field that has an event in the window."""

from __future__ import annotations

from collections import Counter

from streamer.model.spec import Award
from streamer.score.adding import sum_of
from streamer.score.fields import DIGEST_BYTES, Field, Value, digest_of, find
from streamer.score.row import NEVER, POINTS, TIMES, RuleState
from streamer.score.rules.base import Matched, Rises, ValuesRule
from streamer.score.rules.count import CountRule
from topics.events import Event
from topics.limits import ONCE_PER_VALUES_MAX, SAME_VALUES_MAX


class CountSame(ValuesRule):
    """`state[VALUES]` maps value to the state of its count, the value seen last at the end; newest 32 values a rule.

    Awards outlive their value's window, and so the value's place among the 32. `state[FOLDED]` are the awards of values that lost
    it: by category on a score with `by`, else all under None. `state[AWARDED]` are digests of those values, where an award is
    given once; a value that comes again takes its place up where it left it.
    """

    FOLDED, AWARDED = ValuesRule.VALUES + 1, ValuesRule.VALUES + 2
    shape = "same"

    def __init__(self, field: Field, count: CountRule, *, by_category: bool) -> None:
        super().__init__(count.spec, count.key, field)
        assert count.spec.count is not None
        self.inner = count
        self._by_category = by_category
        self._within_ms = count.spec.count.within_ms
        self._keeps_awards = count.spec.award is not Award.WHILE
        self.timed, self.decays = self._within_ms is not None or count.timed, count.decays

    def count_bites_in(self, bitten: Counter[str]) -> None:
        super().count_bites_in(bitten)
        self.inner.count_bites_in(bitten)

    def new_state(self) -> RuleState:
        return [0, 0, b"", {}, {}, b""]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        value = self.value(event)
        if value is None or (self._within_ms is not None and event.occurred_at <= now_ms - self._within_ms):
            return None  # what has left the window comes to no window again, and does not bring its value to life
        states = self.states(state)
        known = states.pop(value, None)
        if known is None:
            known = self._returned(state, value, now_ms) if state[self.AWARDED] else None
        one = known or self.inner.new_state()
        points = one[POINTS]
        mine: Rises = []
        evidence = self.inner.observe(one, event, matched, now_ms, mine)
        if known is None and evidence is None:
            return None  # an event without the field of `distinct` does not bring its value to life
        if mine:
            rises.append((self, value))
        states[value] = one
        state[POINTS] += one[POINTS] - points
        if len(states) > SAME_VALUES_MAX:
            self._drop_oldest(state, now_ms)
        return evidence

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        states = self.states(state)
        for value, one in list(states.items()):
            mine: Rises = []
            if self._is_live(one, now_ms):
                self.inner.settle(one, now_ms, mine)
            else:
                self.inner.judge(one, False, now_ms, mine)
                if not (self._keeps_awards and one[self.inner.RISES]):
                    del states[value]
            rises.extend((self, value) for _ in mine)
        self._price_folded(state, now_ms)
        self._add_up(state)

    def fade(self, state: RuleState, now_ms: int) -> None:
        for one in self.states(state).values():
            self.inner.fade(one, now_ms)
        self._price_folded(state, now_ms)
        self._add_up(state)

    def next_change_ms(self, state: RuleState, now_ms: int) -> int:
        changes = [self._next_change_of(one, now_ms) for one in self.states(state).values()]
        changes += [self.inner.awards_change_ms(one, now_ms) for one in state[self.FOLDED].values()]
        return min(changes, default=NEVER)

    def reasons(self, state: RuleState) -> list[tuple[Value | None, RuleState]]:
        folded = [(value, one) for value, one in state[self.FOLDED].items() if one[TIMES] and (value is not None or not self._by_category)]
        return folded + super().reasons(state)

    def forget(self, state: RuleState, value: Value) -> None:
        state[self.FOLDED].pop(value, None)
        self._take_digest(state, value)
        super().forget(state, value)

    def _is_live(self, one: RuleState, now_ms: int) -> bool:
        if self._within_ms is None:
            return True
        newest_ms = self.inner.newest_ms(one)
        return newest_ms is not None and newest_ms > now_ms - self._within_ms

    def _next_change_of(self, one: RuleState, now_ms: int) -> int:
        change = self.inner.next_change_ms(one, now_ms)
        newest_ms = self.inner.newest_ms(one)
        if self._within_ms is None or newest_ms is None or newest_ms <= now_ms - self._within_ms:
            return change
        return min(change, newest_ms + self._within_ms)

    def _add_up(self, state: RuleState) -> None:
        """The points of all values together, which are a part of the sums where the score has no `by`."""
        state[POINTS] = sum_of(one[POINTS] for _, one in self.reasons(state))

    def _price_folded(self, state: RuleState, now_ms: int) -> None:
        for one in state[self.FOLDED].values():
            self.inner.price_awards(one, now_ms)

    def _drop_oldest(self, state: RuleState, now_ms: int) -> None:
        """Drops a value that is only kept for its awards, or else the least recent."""
        states = self.states(state)
        value = next((value for value, one in states.items() if not self._is_live(one, now_ms)), None)
        if value is None:
            self.bitten["same_values"] += 1
            value = next(iter(states))
        one = states.pop(value)
        if self._keeps_awards and self._within_ms is not None and one[self.inner.RISES]:
            self._fold(state, value, one, now_ms)
        self._add_up(state)

    def _fold(self, state: RuleState, value: Value, one: RuleState, now_ms: int) -> None:
        folded = state[self.FOLDED].setdefault(value if self._by_category else None, self.inner.no_awards())
        self.inner.add_awards(folded, one, now_ms)
        if self.spec.award is Award.ONCE:
            state[self.AWARDED] += digest_of(value)
            if len(state[self.AWARDED]) > DIGEST_BYTES * ONCE_PER_VALUES_MAX:
                self.bitten["same_values"] += 1
                state[self.AWARDED] = state[self.AWARDED][DIGEST_BYTES:]

    def _returned(self, state: RuleState, value: Value, now_ms: int) -> RuleState | None:
        """The state of a value that had its award before it lost its place; None for another."""
        if not self._take_digest(state, value):
            return None
        one = self.inner.new_state()
        self.inner.take_award(state[self.FOLDED].get(value if self._by_category else None), one, now_ms)
        return one

    def _take_digest(self, state: RuleState, value: Value) -> bool:
        digests: bytes = state[self.AWARDED]
        place = find(digests, digest_of(value), DIGEST_BYTES)
        if place < 0:
            return False
        state[self.AWARDED] = digests[:place] + digests[place + DIGEST_BYTES :]
        return True
