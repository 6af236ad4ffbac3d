"""`count: {distinct: FIELD}`: counts the values of a field in the window; each counts by its newest event."""

from __future__ import annotations

from streamer.model.spec import Rule
from streamer.score.fields import DIGEST_BYTES, digest_of, getter_of, value_of
from streamer.score.row import NEVER, RuleState
from streamer.score.rules.base import Matched, Rises
from streamer.score.rules.count import CountRule, next_leaving_ms
from streamer.score.times import WIDTH
from topics.events import Event

ENTRY_BYTES = WIDTH + DIGEST_BYTES


class CountDistinct(CountRule):
    """`state[SEEN]`: packed (newest time, digest of the value), oldest first, as many as the bounds need."""

    def __init__(self, spec: Rule, key: int) -> None:
        super().__init__(spec, key)
        assert spec.count is not None and spec.count.distinct is not None
        self.within_ms = spec.count.within_ms
        self._get = getter_of(spec.count.distinct)
        self.timed = self.within_ms is not None or self._earnings is not None

    def new_sight(self) -> list[object]:
        return [b""]

    def observe(self, state: RuleState, event: Event, matched: Matched, now_ms: int, rises: Rises) -> bool:
        value = value_of(self._get(event))
        if value is None:
            return False
        state[self.SEEN] = self._seen(state[self.SEEN], digest_of(value), event.occurred_at)
        counts = self.is_open(state) and (self.within_ms is None or event.occurred_at > now_ms - self.within_ms)
        self.judge(state, self.truth(state, now_ms), now_ms, rises)
        return counts

    def _seen(self, entries: bytes, digest: bytes, time_ms: int) -> bytes:
        packed = time_ms.to_bytes(WIDTH, "big")
        kept = [entries[start : start + ENTRY_BYTES] for start in range(0, len(entries), ENTRY_BYTES)]
        for entry in kept:
            if entry[WIDTH:] == digest:
                if entry[:WIDTH] >= packed:
                    return entries
                kept.remove(entry)
                break
        kept.append(packed + digest)
        kept.sort()
        return b"".join(kept[-self.most :])

    def newest_ms(self, state: RuleState) -> int | None:
        return int.from_bytes(state[self.SEEN][-ENTRY_BYTES:-DIGEST_BYTES], "big") if state[self.SEEN] else None

    def truth(self, state: RuleState, now_ms: int) -> bool:
        if self.within_ms is None:
            return self.within(len(state[self.SEEN]) // ENTRY_BYTES)
        edge = max(now_ms - self.within_ms, -1)
        entries: bytes = state[self.SEEN]
        return self.within(
            sum(int.from_bytes(entries[start : start + WIDTH], "big") > edge for start in range(0, len(entries), ENTRY_BYTES))
        )

    def next_turn_ms(self, state: RuleState, now_ms: int) -> int:
        if self.within_ms is None:
            return NEVER
        entries: bytes = state[self.SEEN]
        times = b"".join(entries[start : start + WIDTH] for start in range(0, len(entries), ENTRY_BYTES))
        return next_leaving_ms(times, self.low, self.high, self.within_ms, now_ms)
