"""`once_per: FIELD`: the earliest event for each value earns. Newest 128 values a rule; an older value may earn again."""

from __future__ import annotations

from streamer.model.spec import Rule
from streamer.score.fields import DIGEST_BYTES, Field, find
from streamer.score.row import RuleState
from streamer.score.rules.base import CompiledRule, Matched, Rises
from streamer.score.rules.periods import Periods
from streamer.score.rules.plain import Capped
from streamer.score.times import WIDTH
from topics.events import Event
from topics.limits import ONCE_PER_VALUES_MAX

ENTRY_BYTES = DIGEST_BYTES + WIDTH


class OncePer(Capped):
    """Without calendar periods: how many values there are is all that matters. `state[VALUES]` are their digests."""

    VALUES = Capped.COUNT + 1
    shape = "once"

    def __init__(self, spec: Rule, key: int, field: Field) -> None:
        super().__init__(spec, key)
        self.field = field
        self._digest = field.digest

    def new_state(self) -> RuleState:
        return [0, 0, b"", 0, b""]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        digest = self._digest(event)
        if digest is None or find(state[self.VALUES], digest, DIGEST_BYTES) >= 0:
            return None
        state[self.VALUES] = newest_values(self, state[self.VALUES] + digest, DIGEST_BYTES)
        return super().observe(state, event, matched, now_ms, rises)


class OncePerPeriods(Periods):
    """With a limit per calendar period: a value's earliest time is kept too, since a late event may move it to another period."""

    VALUES = Periods.FOLDED + 1

    def __init__(self, spec: Rule, key: int, timezone: str, field: Field) -> None:
        super().__init__(spec, key, timezone)
        self.field = field
        self._digest = field.digest

    def new_state(self) -> RuleState:
        return [0, 0, b"", {}, [0, {}], b""]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        digest = self._digest(event)
        if digest is None:
            return None
        time_ms: int = event.occurred_at
        entries: bytes = state[self.VALUES]
        place = find(entries, digest, ENTRY_BYTES)
        if place >= 0:
            known_ms = int.from_bytes(entries[place + DIGEST_BYTES : place + ENTRY_BYTES], "big")
            if time_ms >= known_ms:
                return None
            entries = entries[:place] + entries[place + ENTRY_BYTES :]
            self.count(state, known_ms, -1)
        state[self.VALUES] = newest_values(self, entries + digest + time_ms.to_bytes(WIDTH, "big"), ENTRY_BYTES)
        return super().observe(state, event, matched, now_ms, rises)


def newest_values(rule: CompiledRule, entries: bytes, width: int) -> bytes:
    """As many of the entries as a rule may keep."""
    most = width * ONCE_PER_VALUES_MAX
    if len(entries) <= most:
        return entries
    rule.bitten["once_per_values"] += 1
    return entries[-most:]
