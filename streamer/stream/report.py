"""The counts of the owned partitions come in; a log line every ten seconds and at the end leaves, when there was work."""

from __future__ import annotations

import asyncio
from dataclasses import fields, is_dataclass
from typing import Any, Final

from streamer.stream.log import say
from streamer.stream.owned import Clock
from streamer.stream.scorer import Scorer

REPORT_S: Final = 10.0


class Report:
    """What was counted since the last line."""

    def __init__(self, scorer: Scorer, clock: Clock) -> None:
        self._scorer = scorer
        self._clock = clock
        self._seen: dict[int, tuple[object, dict[str, int]]] = {}
        self._said_at_ms = clock()

    async def run(self) -> None:
        """Says a line every ten seconds, until cancelled."""
        while True:
            await asyncio.sleep(REPORT_S)
            self.say()

    def say(self) -> None:
        """One line with the events a second, and every count that moved."""
        moved: dict[str, int] = {}
        for number, owned in self._scorer.owned.items():
            counts = _numbers(owned.leads.counts)
            leads, before = self._seen.get(number, (None, {}))
            known = before if leads is owned.leads else {}
            for name, count in counts.items():
                moved[name] = moved.get(name, 0) + count - known.get(name, 0)
            self._seen[number] = (owned.leads, counts)
        now_ms = self._clock()
        seconds = max(now_ms - self._said_at_ms, 1) / 1000
        self._said_at_ms = now_ms
        if moved.get("read"):
            say("scored", events_per_second=round(moved["read"] / seconds), **{name: count for name, count in moved.items() if count})


def _numbers(counts: Any) -> dict[str, int]:
    assert is_dataclass(counts)
    return {field.name: getattr(counts, field.name) for field in fields(counts)}
