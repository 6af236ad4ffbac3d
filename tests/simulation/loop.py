"""An event loop as a process has it, with a clock that stands still until it is turned."""

from __future__ import annotations

import asyncio
import selectors
from asyncio.events import _set_running_loop
from collections.abc import Callable
from typing import Any


class _Nothing(selectors.SelectSelector):
    """Nothing comes from outside: all that the process waits for is given to it by the simulation."""

    def select(self, timeout: float | None = None) -> list[Any]:
        return []


class ProcessLoop(asyncio.SelectorEventLoop):
    """The loop of one simulated process; `owner` is the process, for code that finds itself by the running loop."""

    _ready: Any
    _scheduled: Any
    _run_once: Any

    def __init__(self, owner: Any, now_s: float) -> None:
        self.owner = owner
        self.now_s = now_s
        super().__init__(_Nothing())
        self.set_exception_handler(lambda loop, context: None)

    def time(self) -> float:
        """The process's monotonic clock, in seconds."""
        return self.now_s

    def next_s(self) -> float | None:
        """When there is something to do: now, at the first timer, or never."""
        if self._ready:
            return self.now_s
        return self._scheduled[0].when() if self._scheduled else None

    def turn(self, now_s: float, runs: Callable[[], bool]) -> None:
        """Does all that can be done at this time, as long as the process runs."""
        self.now_s = now_s
        # What `run_forever` does, round by round: its own setting up would cost more than the rounds.
        _set_running_loop(self)
        try:
            while runs() and (next_s := self.next_s()) is not None and next_s <= now_s:
                self._run_once()
        finally:
            _set_running_loop(None)

    def end(self) -> None:
        """The process is gone: nothing of it goes on."""
        while self._ready or asyncio.all_tasks(self):
            for task in asyncio.all_tasks(self):
                task.cancel()
            self.stop()
            self.run_forever()
        self.close()
