"""An address and paths come in; requests are sent at a steady rate, and how long each took leaves.

A delay is counted from the moment at which the request was due, so a server that falls behind is not spared.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple


class Delays(NamedTuple):
    """Milliseconds."""

    p50: float
    p99: float
    most: float

    def __str__(self) -> str:
        return f"p50 {self.p50:,.1f} ms, p99 {self.p99:,.1f} ms, at most {self.most:,.1f} ms"


async def read_steadily(port: int, paths: Sequence[str], rate: int, seconds: float, connections: int = 32) -> tuple[Delays, int]:
    """Asks for the paths by turns; the delays, and how many answers were not 200."""
    delays_s: list[float] = []
    failures = 0
    due = asyncio.Queue[tuple[float, str]]()

    async def ask() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            due_s, path = await due.get()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            due.task_done()
            delays_s.append(time.perf_counter() - due_s)
            failures += not head.startswith(b"HTTP/1.1 200")

    askers = [asyncio.create_task(ask()) for _ in range(connections)]
    started_s = time.perf_counter()
    for number in range(int(rate * seconds)):
        due_s = started_s + number / rate
        if (ahead_s := due_s - time.perf_counter()) > 0:
            await asyncio.sleep(ahead_s)
        due.put_nowait((due_s, paths[number % len(paths)]))
    done = asyncio.create_task(due.join())
    # An asker ends only when the server has gone.
    await asyncio.wait([done, *askers], return_when=asyncio.FIRST_COMPLETED)
    for task in (done, *askers):
        task.cancel()
    ended = await asyncio.gather(*askers, return_exceptions=True)
    failures += sum(not isinstance(end, asyncio.CancelledError) for end in ended)
    return delays_of(delays_s), failures


def delays_of(delays_s: Sequence[float]) -> Delays:
    """The percentiles of delays in seconds."""
    ordered = sorted(delays_s)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.99)]
    return Delays(at[0], at[1], ordered[-1] * 1000)
