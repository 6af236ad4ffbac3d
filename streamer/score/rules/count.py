"""`count`: true while the number of matching events in (now - within, now] is from `low` to `high`."""

from __future__ import annotations

from streamer.model.spec import Award, Rule
from streamer.score.row import NEVER, RuleState
from streamer.score.rules.base import Matched, Rises
from streamer.score.rules.held import HeldRule
from streamer.score.times import WIDTH, add, count_since, newest
from topics.events import Event

HELD, RISES, SEEN = HeldRule.HELD, HeldRule.RISES, HeldRule.SEEN


class CountRule(HeldRule):
    """What the forms of `count` share: the bounds, and how many events tell whether they hold."""

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        assert spec.count is not None
        self.low, self.high = spec.count.low, spec.count.high
        self.most = max(self.low, (self.high or 0) + 1 if self.high is not None else 1)
        """With so many of the newest known, the bounds can be judged."""
        self.at_birth = self.low <= 0

    def within(self, number: int) -> bool:
        """Whether so many events meet the rule."""
        return number >= self.low and (self.high is None or number <= self.high)

    def newest_ms(self, state: RuleState) -> int | None:
        """The time of the newest event in a window; None when there is none."""
        return None


class CountEver(CountRule):
    """Without `within`: all events ever. `state[SEEN]` counts them."""

    timed = False

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        self.timed = self._earnings is not None

    def new_sight(self) -> list[object]:
        return [0]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        state[self.SEEN] += 1
        counts = self.is_open(state)
        self.judge(state, self.within(state[self.SEEN]), now_ms, rises)
        return state if counts else None

    def truth(self, state: RuleState, now_ms: int) -> bool:
        return self.within(state[self.SEEN])


class CountWithin(CountRule):
    """In a sliding window. `state[SEEN]` are the newest times, as many as the bounds need."""

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        assert spec.count is not None and spec.count.within_ms is not None
        self.within_ms = spec.count.within_ms
        # a rule that gave its points for good has nothing to lose when its window empties, unless it may rise again
        self.only_first_rise = self.award is Award.ONCE and not self.alert and self.high is None
        self.is_settled_by_rise = self.only_first_rise and self._earnings is None
        self.timed = not self.is_settled_by_rise
        self._needed_bytes = WIDTH * self.low

    def new_sight(self) -> list[object]:
        return [b""]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        occurred_at: int = event.occurred_at
        times = state[SEEN] = add(state[SEEN], occurred_at, self.most)
        if self.is_settled_by_rise and state[RISES]:
            return None
        edge_ms = now_ms - self.within_ms
        counts = occurred_at > edge_ms and self.is_open(state)
        if self.high is None:  # as many as are needed are kept, so the oldest of them tells
            truth = len(times) == self._needed_bytes and int.from_bytes(times[:WIDTH], "big") > edge_ms
        else:
            truth = self.within(count_since(times, edge_ms))
        if truth or state[HELD] or self._earnings is not None:
            self.judge(state, truth, now_ms, rises)
        return state if counts else None

    def newest_ms(self, state: RuleState) -> int | None:
        return newest(state[self.SEEN], 1)

    def truth(self, state: RuleState, now_ms: int) -> bool:
        return self.within(count_since(state[SEEN], now_ms - self.within_ms))

    def next_turn_ms(self, state: RuleState, now_ms: int) -> int:
        if self.only_first_rise:
            return NEVER
        return next_leaving_ms(state[self.SEEN], self.low, self.high, self.within_ms, now_ms)


def next_leaving_ms(times: bytes, low: int, high: int | None, within_ms: int, now_ms: int) -> int:
    """When so many of the times have left the window that the bounds begin or cease to hold; `NEVER` if that cannot be."""
    rank = leaving_rank(count_since(times, now_ms - within_ms), low, high)
    leaving = newest(times, rank) if rank else None
    return NEVER if leaving is None else leaving + within_ms


def leaving_rank(number: int, low: int, high: int | None) -> int:
    """The newest but how manieth of so many events in a window is the one whose leaving matters; 0 if none does."""
    if high is not None and number > high:
        return high + 1
    return low if 0 < low <= number else 0
