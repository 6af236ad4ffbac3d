"""What those who watch are told, beyond what `test_serve` sees from outside."""

from __future__ import annotations

import asyncio
import random

from streamer.serve.live import Live
from streamer.serve.redis import prefix_of
from tests.serve.conftest import Kept, Tell
from tests.serve.made import scores


def test_who_looked_before_the_changes_were_counted_is_told(tell: Tell) -> None:
    """A page that asked for the leads just before a change, and that just before the first count: it must ask again."""

    async def story(kept: Kept) -> None:
        live = Live(kept.reads, prefix_of(kept.settings))
        events = live.watch(None)
        assert await anext(events) == b"retry: 2000\n\n"
        await kept.put(scores("a", 1))
        running = asyncio.create_task(live.run())
        try:
            assert await asyncio.wait_for(anext(events), 10) == b'event: changed\ndata: {"leads":1}\n\n'
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    tell(story)


def test_it_ends_whenever_it_is_cancelled(tell: Tell) -> None:
    """A cancellation that comes just as a command was written is heeded, too: a server that is told to stop must not run on."""

    async def story(kept: Kept) -> None:
        for _ in range(25):
            running = asyncio.create_task(Live(kept.reads, prefix_of(kept.settings)).run())
            await asyncio.sleep(random.random() * 0.003)
            running.cancel()
            await asyncio.wait([running], timeout=5)
            assert running.cancelled()

    tell(story)
