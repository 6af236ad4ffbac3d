"""What became of the records comes in; a log line every ten seconds and at the end leaves, when there was work."""

from __future__ import annotations

import asyncio
from typing import Final

from streamer.stream.log import say
from streamer.stream.overview import Overview
from streamer.stream.owned import Clock

REPORT_S: Final = 10.0


class Report:
    """What was counted since the last line."""

    def __init__(self, overview: Overview, clock: Clock) -> None:
        self._overview = overview
        self._clock = clock
        self._said = overview.counts()
        self._said_at_ms = clock()

    async def run(self) -> None:
        """Says a line every ten seconds, until cancelled."""
        while True:
            await asyncio.sleep(REPORT_S)
            self.say()

    def say(self) -> None:
        """One line with the events a second, and every count that moved."""
        counts = self._overview.counts()
        moved = {name: count - self._said[name] for name, count in counts.items() if count != self._said[name]}
        self._said = counts
        now_ms = self._clock()
        seconds = max(now_ms - self._said_at_ms, 1) / 1000
        self._said_at_ms = now_ms
        if "read" in moved:
            say("scored", events_per_second=round(moved["read"] / seconds), **moved)
