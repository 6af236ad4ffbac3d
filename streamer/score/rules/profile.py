"""`profile: {...}`: true while the lead's profile matches; a lead without one has none of the fields."""

from __future__ import annotations

from streamer.model.matching import compile_test
from streamer.model.spec import Rule
from streamer.score.row import RuleState
from streamer.score.rules.base import Rises
from streamer.score.rules.held import HeldRule
from topics.profiles import Profile


class ProfileRule(HeldRule):
    """Judged when a profile comes, and when a lead is born without one."""

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        self._tests = [(one.field, compile_test(one.test, ignore_case=True)) for one in spec.profile]
        self.at_birth = self.matches({})
        self.timed = self._earnings is not None

    def matches(self, profile: Profile) -> bool:
        """Whether every field is as the rule wants it."""
        for field, test in self._tests:  # noqa: SIM110 - all() over a generator takes twice as long
            if not test(profile.get(field)):
                return False
        return True

    def settle_profile(self, state: RuleState, profile: Profile, now_ms: int, rises: Rises) -> None:
        self.judge(state, self.matches(profile), now_ms, rises)

    def truth(self, state: RuleState, now_ms: int) -> bool:
        return bool(state[self.HELD])
