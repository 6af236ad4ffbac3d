"""`count: {distinct: FIELD}`: counts the values of a field in the window; each counts by its newest event."""

from __future__ import annotations

from streamer.model.spec import Rule
from streamer.score.fields import DIGEST_BYTES, Field, find
from streamer.score.row import NEVER, RuleState
from streamer.score.rules.base import Matched, Rises
from streamer.score.rules.count import CountRule, leaving_rank
from streamer.score.times import WIDTH
from topics.events import Event

ENTRY_BYTES = WIDTH + DIGEST_BYTES


class CountDistinct(CountRule):
    """`state[SEEN]`: packed (newest time, digest of the value), oldest first, as many as the bounds need."""

    def __init__(self, spec: Rule, key: int, field: Field) -> None:
        super().__init__(spec, key)
        assert spec.count is not None
        self.within_ms = spec.count.within_ms
        self.field = field
        self._digest = field.digest
        self.timed = self.within_ms is not None or self._earnings is not None

    def new_sight(self) -> list[object]:
        return [b""]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> RuleState | None:
        digest = self._digest(event)
        if digest is None:
            return None
        occurred_at: int = event.occurred_at
        state[self.SEEN] = self._seen(state[self.SEEN], digest, occurred_at)
        counts = (self.within_ms is None or occurred_at > now_ms - self.within_ms) and self.is_open(state)
        self.judge(state, self.truth(state, now_ms), now_ms, rises)
        return state if counts else None

    def _seen(self, entries: bytes, digest: bytes, time_ms: int) -> bytes:
        entry = time_ms.to_bytes(WIDTH, "big") + digest
        known = find(entries, digest, ENTRY_BYTES, WIDTH)
        if known >= 0:
            if entries[known : known + WIDTH] >= entry[:WIDTH]:
                return entries
            entries = entries[:known] + entries[known + ENTRY_BYTES :]
        if entry > entries[-ENTRY_BYTES:]:
            entries += entry
        else:
            place = 0
            while entries[place : place + ENTRY_BYTES] < entry:
                place += ENTRY_BYTES
            entries = entries[:place] + entry + entries[place:]
        most = ENTRY_BYTES * self.most
        return entries[-most:] if len(entries) > most else entries

    def newest_ms(self, state: RuleState) -> int | None:
        return int.from_bytes(state[self.SEEN][-ENTRY_BYTES:-DIGEST_BYTES], "big") if state[self.SEEN] else None

    def truth(self, state: RuleState, now_ms: int) -> bool:
        return self.within(self._count(state[self.SEEN], now_ms))

    def next_turn_ms(self, state: RuleState, now_ms: int) -> int:
        if self.within_ms is None:
            return NEVER
        entries: bytes = state[self.SEEN]
        rank = leaving_rank(self._count(entries, now_ms), self.low, self.high)
        if not rank:
            return NEVER
        start = len(entries) - ENTRY_BYTES * rank
        return int.from_bytes(entries[start : start + WIDTH], "big") + self.within_ms

    def _count(self, entries: bytes, now_ms: int) -> int:
        """How many values are in the window."""
        number = len(entries) // ENTRY_BYTES
        if self.within_ms is not None and now_ms >= self.within_ms:
            edge = (now_ms - self.within_ms).to_bytes(WIDTH, "big")
            start = 0
            while number and entries[start : start + WIDTH] <= edge:
                start += ENTRY_BYTES
                number -= 1
        return number
