"""What happens now: new alerts and changed scores in the view come in; every browser that watches gets them as server-sent events."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

from redis.exceptions import RedisError

from streamer.serve.answers import Changed, json
from streamer.serve.reads import Reads
from streamer.serve.redis import heed_cancel, text
from streamer.stream.log import say
from topics.limits import WATCHERS_MAX

HEARTBEAT_S: Final = 15.0
# "At most twice a second" for changes; new alerts do not wait for it.
CHANGES_MS: Final = 500
WAITING_MAX: Final = 500
RETRY_S: Final = 1.0
HEARTBEAT: Final = b": here\n\n"
NONE: Final = (0, 0)
UNKNOWN: Final = -1


class Event(NamedTuple):
    """One event as it is sent; `number` is its place among the news, (0, 0) for what is no alert."""

    number: tuple[int, int]
    data: bytes


Watcher = asyncio.Queue[Event | None]


class Live:
    """Reads the news of the view once, for all who watch."""

    def __init__(self, reads: Reads, prefix: str) -> None:
        self._reads = reads
        self._news = prefix + "news"
        self._changes = prefix + "changes"
        self._watchers: set[Watcher] = set()

    async def run(self) -> None:
        """Tells the watchers, until it is cancelled."""
        newest = b""
        changes = UNKNOWN
        changes_s = 0.0
        while True:
            heed_cancel()
            try:
                if not newest:
                    newest = await self._newest()
                found = await self._reads.redis.xread({self._news: newest}, block=CHANGES_MS, count=100)
                for number, fields in _entries(found):
                    newest = number
                    self._tell(await self._event(number, fields))
                if time.monotonic() - changes_s >= CHANGES_MS / 1000:
                    changes_s = time.monotonic()
                    changes = await self._tell_changes(changes)
            except (RedisError, OSError):
                newest, changes = b"", UNKNOWN
                await asyncio.sleep(RETRY_S)

    @property
    def is_full(self) -> bool:
        """Whether so many watch that no more are let in."""
        return len(self._watchers) >= WATCHERS_MAX

    async def watch(self, after: str | None) -> AsyncIterator[bytes]:
        """Events without end, those after an id first; it ends when the server does, or for one that reads too slowly."""
        watcher = Watcher(WAITING_MAX)
        self._watchers.add(watcher)
        try:
            yield b"retry: 2000\n\n"
            newest = NONE
            for event in await self._missed(after):
                newest = event.number
                yield event.data
            while True:
                try:
                    told = await asyncio.wait_for(watcher.get(), HEARTBEAT_S)
                except TimeoutError:
                    told = Event(NONE, HEARTBEAT)
                if told is None:
                    return
                # What came while the missed ones were read is in both.
                if told.number == NONE or told.number > newest:
                    yield told.data
        finally:
            self._watchers.discard(watcher)

    def close(self) -> None:
        """Ends all that watch: a server that stops does not wait for them."""
        for watcher in list(self._watchers):
            self._end(watcher)

    def _end(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)
        if watcher.full():
            watcher.get_nowait()
        watcher.put_nowait(None)

    def _tell(self, event: Event | None) -> None:
        for watcher in list(self._watchers) if event else ():
            if watcher.full():
                # It comes back with the id of the last event that it has.
                self._end(watcher)
                say("a watcher was too slow", level=logging.WARNING)
            else:
                watcher.put_nowait(event)

    async def _tell_changes(self, before: int) -> int:
        """At the start and after trouble too: who has looked meanwhile may have seen the view as it was before."""
        changes = int(await self._reads.redis.get(self._changes) or 0)
        if changes != before:
            self._tell(Event(NONE, b"event: changed\ndata: %b\n\n" % json(Changed(changes - before if 0 <= before < changes else changes))))
        return changes

    async def _newest(self) -> bytes:
        found = await self._reads.redis.xrevrange(self._news, count=1)
        return bytes(found[0][0]) if found else b"0-0"

    async def _missed(self, after: str | None) -> list[Event]:
        if not after or not re.fullmatch(r"\d{1,15}-\d{1,15}", after, re.ASCII):
            return []
        try:
            found = await self._reads.redis.xrange(self._news, min=f"({after}")
            return [event for number, fields in found if (event := await self._event(number, fields))]
        except (RedisError, OSError):
            return []

    async def _event(self, number: bytes, fields: dict[bytes, bytes]) -> Event | None:
        """An alert as an event; None when it is gone by now, as those of a lead that was erased."""
        alert = await self._reads.alert(text(fields.get(b"alert", b"")))
        if alert is None:
            return None
        milliseconds, _, sequence = number.partition(b"-")
        return Event((int(milliseconds), int(sequence)), b"event: alert\nid: %b\ndata: %b\n\n" % (number, alert))


def _entries(found: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of the one stream that was read, in either form that the client gives them."""
    if not found:
        return []
    streams = found.values() if isinstance(found, dict) else [entries for _, entries in found]
    return [entry for entries in streams for entry in (entries[0] if entries and isinstance(entries[0], list) else entries)]
