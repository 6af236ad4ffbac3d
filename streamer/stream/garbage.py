"""The worker's memory: garbage goes at set times, not while records are scored, and what is free goes back to the system."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable
from typing import Any, Final

COLLECT_S: Final = 10.0

# The C library keeps what growing rows and commits leave behind; glibc gives it back when told to, in a few milliseconds.
_malloc_trim: Callable[[int], Any] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)


def take_over() -> None:
    """From here on the collector looks only when `collect` says so: rows are bytes, and what it would look for is not there."""
    gc.collect()
    gc.freeze()
    gc.disable()


def collect() -> None:
    """Frees what nothing uses."""
    gc.collect()
    if _malloc_trim is not None:
        _malloc_trim(0)


async def collect_now_and_then() -> None:
    """Does so every ten seconds."""
    while True:
        await asyncio.sleep(COLLECT_S)
        collect()
