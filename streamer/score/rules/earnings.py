"""Points that go with time: earnings that expire all at once, or lose half of their worth in each half-life.

An earning is a time and how many events (or rises) it stands for. Both kinds hold any number of them in bounded room.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from streamer.model.spec import Number, Rule
from streamer.score.row import NEVER
from streamer.score.times import WIDTH
from topics.limits import LIVE_EARNINGS_MAX

COUNT_BYTES = 2
ENTRY_BYTES = WIDTH + COUNT_BYTES
_COUNT_MAX = (1 << 8 * COUNT_BYTES) - 1


class Expiring:
    """`expires_after`: packed (time, count) entries, oldest first. Beyond 128 those of each 128th of the time merge."""

    decays = False

    def __init__(self, spec: Rule) -> None:
        assert spec.expires_after_ms is not None
        self._points = spec.points
        self._after_ms = spec.expires_after_ms
        self._span_ms = -(-spec.expires_after_ms // LIVE_EARNINGS_MAX)
        self.bitten: Counter[str] = Counter()

    def empty(self) -> Any:
        """No earnings."""
        return b""

    def add(self, earnings: Any, time_ms: int, now_ms: int) -> Any:
        """The earnings with one more; one that has expired already changes nothing."""
        if time_ms + self._after_ms <= now_ms:
            return earnings
        entries: bytes = earnings
        packed = time_ms.to_bytes(WIDTH, "big")
        place = len(entries)
        while place and entries[place - ENTRY_BYTES : place - COUNT_BYTES] > packed:
            place -= ENTRY_BYTES
        return self._bounded(entries[:place] + packed + b"\0\1" + entries[place:])

    def joined(self, earnings: Any, others: Any) -> Any:
        """All earnings of both."""
        both: bytes = earnings + others
        return self._bounded(b"".join(sorted(both[start : start + ENTRY_BYTES] for start in range(0, len(both), ENTRY_BYTES))))

    def worth(self, earnings: Any, now_ms: int) -> tuple[Any, Number, int]:
        """The earnings without the expired ones, their points, and how many they are."""
        entries: bytes = earnings
        first = 0
        while first < len(entries) and _time_at(entries, first) + self._after_ms <= now_ms:
            first += ENTRY_BYTES
        entries = entries[first:]
        times = sum(_count_at(entries, start) for start in range(0, len(entries), ENTRY_BYTES))
        return entries, self._points * times, times

    def next_change_ms(self, earnings: Any, now_ms: int) -> int:
        """When the oldest earning expires."""
        return _time_at(earnings, 0) + self._after_ms if earnings else NEVER

    def _bounded(self, entries: bytes) -> bytes:
        if len(entries) <= ENTRY_BYTES * LIVE_EARNINGS_MAX:
            return entries
        self.bitten["live_earnings"] += 1
        return _merge(entries, self._span_ms)


class Decaying:
    """`half_life`: [worth in events at a reference time, that time, how many], all that exponential decay needs."""

    decays = True

    def __init__(self, spec: Rule) -> None:
        assert spec.half_life_ms is not None
        self._points = spec.points
        self._half_life_ms = spec.half_life_ms
        self.bitten: Counter[str] = Counter()

    def empty(self) -> Any:
        """No earnings."""
        return [0.0, 0, 0]

    def add(self, earnings: Any, time_ms: int, now_ms: int) -> Any:
        """The earnings with one more."""
        worth, at_ms, times = earnings
        if time_ms >= at_ms:
            return [worth * self._left(time_ms - at_ms) + 1.0, time_ms, times + 1]
        return [worth + self._left(at_ms - time_ms), at_ms, times + 1]

    def joined(self, earnings: Any, others: Any) -> Any:
        """All earnings of both."""
        (worth, at_ms, times), (other_worth, other_ms, other_times) = earnings, others
        newest_ms = max(at_ms, other_ms)
        worth = worth * self._left(newest_ms - at_ms) + other_worth * self._left(newest_ms - other_ms)
        return [worth, newest_ms, times + other_times]

    def worth(self, earnings: Any, now_ms: int) -> tuple[Any, Number, int]:
        """The earnings as they are, their points at `now_ms`, and how many they are."""
        worth, at_ms, times = earnings
        return earnings, self._points * worth * self._left(now_ms - at_ms), times

    def next_change_ms(self, earnings: Any, now_ms: int) -> int:
        """Decay has no steps: the thresholds ask for the time of their crossing instead."""
        return NEVER

    def _left(self, age_ms: int) -> float:
        return float(2.0 ** (-age_ms / self._half_life_ms))


Earnings = Expiring | Decaying


def earnings_of(spec: Rule) -> Earnings | None:
    """How the rule's points go with time; None when they do not."""
    if spec.expires_after_ms is not None:
        return Expiring(spec)
    return Decaying(spec) if spec.half_life_ms is not None else None


def _time_at(entries: bytes, start: int) -> int:
    return int.from_bytes(entries[start : start + WIDTH], "big")


def _count_at(entries: bytes, start: int) -> int:
    return int.from_bytes(entries[start + WIDTH : start + ENTRY_BYTES], "big")


def _merge(entries: bytes, span_ms: int) -> bytes:
    """Entries within the same span of time become one, at the latest of their times: none moves by a whole span."""
    merged: dict[int, tuple[int, int]] = {}
    for start in range(0, len(entries), ENTRY_BYTES):
        time_ms = _time_at(entries, start)
        _, count = merged.get(time_ms // span_ms, (0, 0))
        merged[time_ms // span_ms] = time_ms, min(count + _count_at(entries, start), _COUNT_MAX)
    return b"".join(time_ms.to_bytes(WIDTH, "big") + count.to_bytes(COUNT_BYTES, "big") for time_ms, count in merged.values())
