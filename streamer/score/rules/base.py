"""What every compiled rule can do. A rule is immutable; what it has seen of a lead is a state, kept in the lead's row.

A state is a list: [points, times, serials of the evidence, then what the kind of rule needs]. Points and times are what the
rule gives right now; a rule that judges several values apart (`split`) keeps a state for each in `state[VALUES]`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from streamer.model.spec import Rule
from streamer.score.fields import Field, Value
from streamer.score.row import NEVER, POINTS, TIMES, RuleState
from topics.events import Event
from topics.profiles import Profile

OWN = 3  # the first place in a state that is the rule's own
Matched = tuple[int, ...]
"""The numbers of the rule's conditions that an event matches."""
Rises = list[tuple["CompiledRule", Value | None]]
"""Rules with `alert: true` that rose in this moment, with the value they rose for."""


class CompiledRule:
    """One rule of the model, ready to run. Times are epoch milliseconds; `now_ms` is the lead's present."""

    split = False
    """Whether the state keeps a state for each value, in `state[VALUES]`."""
    timed = False
    """Whether time alone may change what the rule gives."""
    decays = False
    """Whether what it gives changes all the time."""
    at_birth = False
    """Whether it may be true for a lead of which it has seen nothing."""

    shape = ""
    """Names the layout of the state where several classes share it; otherwise each has its own."""

    def __init__(self, spec: Rule, key: int) -> None:
        self.spec = spec
        self.key = key
        self.points = spec.points
        self.alert = spec.alert
        self.bitten: Counter[str] = Counter()
        """How often each bound of the contract bit; one counter for all rules of an engine."""

    def count_bites_in(self, bitten: Counter[str]) -> None:
        """Shares the engine's counter of bounds that bit."""
        self.bitten = bitten

    def new_state(self) -> RuleState:
        """The state of a lead of which the rule has seen nothing."""
        raise NotImplementedError

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        """Takes in an event that matches some of the rule's conditions; returns the state that it is evidence for, if for any."""
        return None

    def settle(self, state: RuleState, now_ms: int, rises: Rises) -> None:
        """Brings points and times to `now_ms`, though no event came, and after the model's prices changed."""

    def settle_profile(self, state: RuleState, profile: Profile, now_ms: int, rises: Rises) -> None:
        """Judges the lead's profile."""

    def next_change_ms(self, state: RuleState, now_ms: int) -> int:
        """The first time after `now_ms` at which `settle` may change something; `NEVER` if time alone does not."""
        return NEVER

    def fade(self, state: RuleState, now_ms: int) -> None:
        """Brings only what decays to `now_ms`."""

    def reasons(self, state: RuleState) -> list[tuple[Value | None, RuleState]]:
        """What the rule gives now: (value, state) for each thing that it gives points or stands for."""
        return [(None, state)] if state[TIMES] or state[POINTS] else []


class ValuesRule(CompiledRule):
    """A rule that keeps a state for each value of a field: `state[VALUES]` maps value to state."""

    split = True
    VALUES = OWN
    moves_others = False
    """Whether an event may change what other values than its own are given."""

    def __init__(self, spec: Rule, key: int, field: Field) -> None:
        super().__init__(spec, key)
        self.field = field
        self.value = field.value
        """The value under which an event is judged; None when it has none."""

    def new_state(self) -> RuleState:
        return [0, 0, b"", {}]

    def states(self, state: RuleState) -> dict[Any, RuleState]:
        """The states by value."""
        values: dict[Any, RuleState] = state[self.VALUES]
        return values

    def reasons(self, state: RuleState) -> list[tuple[Value | None, RuleState]]:
        return [(value, each) for value, each in self.states(state).items() if each[TIMES] or each[POINTS]]

    def forget(self, state: RuleState, value: Value) -> None:
        """Drops a value, with its points."""
        self.states(state).pop(value, None)
