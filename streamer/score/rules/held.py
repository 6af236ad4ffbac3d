"""Rules that are true or false (count, all, sequence, after, profile): what `award` makes of a rise, and the rise's alert."""

from __future__ import annotations

from collections import Counter

from streamer.model.spec import Award, Rule
from streamer.score.fields import Value
from streamer.score.row import NEVER, POINTS, TIMES, RuleState
from streamer.score.rules.base import OWN, CompiledRule, Rises
from streamer.score.rules.earnings import earnings_of

AWARDS, FADING = OWN, OWN + 1
"""In a state for nothing but awards: how many there are, or what fades of them."""


class HeldRule(CompiledRule):
    """`state[HELD]` says whether it is true, `state[RISES]` how often it became so, `state[EARNED]` what fades of the awards."""

    HELD, RISES, EARNED = OWN, OWN + 1, OWN + 2
    SEEN = OWN + 3
    """The first place in a state for what the rule has seen."""

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        self.award = spec.award
        self._earnings = earnings_of(spec)
        self.fades = self._earnings is not None
        """Whether what it awards expires or decays."""
        self.decays = self._earnings is not None and self._earnings.decays

    def count_bites_in(self, bitten: Counter[str]) -> None:
        super().count_bites_in(bitten)
        if self._earnings is not None:
            self._earnings.bitten = bitten

    def new_state(self) -> RuleState:
        return [0, 0, b"", False, 0, None if self._earnings is None else self._earnings.empty(), *self.new_sight()]

    def new_sight(self) -> list[object]:
        """What the rule keeps of the events it sees, at first."""
        return []

    def truth(self, state: RuleState, now_ms: int) -> bool:
        """Whether the rule is true at `now_ms`."""
        raise NotImplementedError

    def next_turn_ms(self, state: RuleState, now_ms: int) -> int:
        """The first time after `now_ms` at which `truth` may turn with no event; `NEVER` if it cannot."""
        return NEVER

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        self.judge(state, self.truth(state, now_ms), now_ms, rises)
        self.price(state, now_ms)

    def is_open(self, state: RuleState) -> bool:
        """Whether what comes may still matter: what came after an award that is given once is no evidence for it."""
        return self.award is not Award.ONCE or not state[self.RISES]

    def judge(self, state: RuleState, truth: bool, now_ms: int, rises: Rises, value: Value | None = None) -> None:
        """Notes whether the rule is true now, and what it gives for that."""
        if truth is not state[self.HELD]:
            state[self.HELD] = truth
            if truth:
                self._rise(state, now_ms)
                if self.alert:
                    rises.append((self, value))
            self.price(state, now_ms)
        elif self._earnings is not None:
            self.price(state, now_ms)

    def price(self, state: RuleState, now_ms: int) -> None:
        """Brings points and times to what the rule's truth and its rises are worth now."""
        if self._earnings is not None:
            state[self.EARNED], state[POINTS], state[TIMES] = self._earnings.worth(state[self.EARNED], now_ms)
            return
        match self.award:
            case Award.WHILE:
                times = int(state[self.HELD])
            case Award.ONCE:
                times = min(state[self.RISES], 1)
            case Award.EACH:
                times = state[self.RISES]
        state[POINTS], state[TIMES] = self.points * times, times

    def fade(self, state: RuleState, now_ms: int) -> None:
        self.price(state, now_ms)

    def _rise(self, state: RuleState, now_ms: int) -> None:
        state[self.RISES] += 1
        if self._earnings is not None and (self.award is Award.EACH or state[self.RISES] == 1):
            state[self.EARNED] = self._earnings.add(state[self.EARNED], now_ms, now_ms)

    def next_change_ms(self, state: RuleState, now_ms: int) -> int:
        turn = self.next_turn_ms(state, now_ms)
        return turn if self._earnings is None else min(turn, self._earnings.next_change_ms(state[self.EARNED], now_ms))

    def no_awards(self) -> RuleState:
        """A state for nothing but awards, of several values together."""
        return [0, 0, b"", 0, None if self._earnings is None else self._earnings.empty()]

    def add_awards(self, awards: RuleState, state: RuleState, now_ms: int) -> None:
        """Adds to them what the state was given."""
        if self._earnings is None:
            awards[AWARDS] += state[self.RISES] if self.award is Award.EACH else 1
        else:
            awards[FADING] = self._earnings.joined(awards[FADING], state[self.EARNED])
        self.price_awards(awards, now_ms)

    def take_award(self, awards: RuleState | None, state: RuleState, now_ms: int) -> None:
        """The state had its only award already: hands it back out of them, or leaves it there where it fades."""
        state[self.RISES] = 1
        if self._earnings is None and awards is not None:
            awards[AWARDS] -= 1
            self.price_awards(awards, now_ms)
        self.price(state, now_ms)

    def price_awards(self, awards: RuleState, now_ms: int) -> None:
        """Brings points and times to what the awards are worth now."""
        if self._earnings is not None:
            awards[FADING], awards[POINTS], awards[TIMES] = self._earnings.worth(awards[FADING], now_ms)
        else:
            times = 0 if self.award is Award.WHILE else awards[AWARDS]  # another model may hold points only while true
            awards[POINTS], awards[TIMES] = self.points * times, times

    def awards_change_ms(self, awards: RuleState, now_ms: int) -> int:
        """When time alone takes away of them next."""
        return NEVER if self._earnings is None else self._earnings.next_change_ms(awards[FADING], now_ms)
