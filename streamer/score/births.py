"""The birth of a lead, and its profile: the rules that are judged though no event came. A row and the moment in, the row changed."""

from __future__ import annotations

from streamer.model.spec import Form
from streamer.score.numbers import Tally
from streamer.score.row import Row, RuleState
from streamer.score.rules import CompiledRule, Rises
from topics.profiles import Profile


class Births:
    """For one model."""

    def __init__(self, rules: dict[int, CompiledRule], tally: Tally) -> None:
        self._tally_up = tally.add_up
        self._of_profile = [rule for rule in rules.values() if rule.spec.form is Form.PROFILE]
        self._at_birth = [rule for rule in rules.values() if rule.at_birth]
        self._timed = [rule for rule in (*self._of_profile, *self._at_birth) if rule.timed]
        self.are_judged = bool(self._at_birth)
        """Whether a rule may be true for a lead of which it has seen nothing."""
        self.add_up = bool(self._of_profile or self._at_birth)
        """Whether what the rules give is added up anew at a birth."""

    def bear(self, row: Row, now_ms: int, rises: Rises) -> None:
        """The lead exists from this moment on: rules that need no event to be true are judged with what the moment brought."""
        row.born = True
        if self.add_up:
            self.judge(row, now_ms, rises)
            self._tally_up(row)
            for rule in self._timed:
                if rule.key in row.rules:
                    row.due_ms = min(row.due_ms, rule.next_change_ms(row.rules[rule.key], now_ms))

    def judge(self, row: Row, now_ms: int, rises: Rises) -> None:
        """Judges all that needs no event."""
        for rule in self._of_profile:
            if row.profile or rule.at_birth or rule.key in row.rules:
                rule.settle_profile(_state(row, rule), row.profile, now_ms, rises)
        for rule in self._at_birth:
            rule.settle(_state(row, rule), now_ms, rises)

    def judge_profile(self, row: Row, profile: Profile, now_ms: int, rises: Rises) -> None:
        """Judges the profile of a lead that exists."""
        for rule in self._of_profile:
            rule.settle_profile(_state(row, rule), profile, now_ms, rises)


def _state(row: Row, rule: CompiledRule) -> RuleState:
    state = row.rules.get(rule.key)
    if state is None:
        state = row.rules[rule.key] = rule.new_state()
    return state
