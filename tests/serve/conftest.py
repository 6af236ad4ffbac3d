"""A view of its own for each test, with both of its sides."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import pytest

from streamer.serve.alerts import entry_of
from streamer.serve.batches import Batch, alert_batches, score_batches, score_of
from streamer.serve.cards import Entry
from streamer.serve.query import alerts_query, leads_query
from streamer.serve.reads import Reads
from streamer.serve.view import View
from streamer.settings import Settings
from tests.redis import RedisServer
from tests.serve.made import START_MS


class Record(NamedTuple):
    """A record as it is read from Kafka."""

    offset: int
    key: bytes
    value: bytes | None
    timestamp: int = START_MS


@dataclass
class Kept:
    """A view that is written as the keeper does, and read as the API does."""

    settings: Settings
    view: View
    reads: Reads
    offsets: dict[str, int] = field(default_factory=dict)

    async def put(self, *values: bytes | tuple[str, None], place: str = "lead-scores/0") -> None:
        """Applies values of lead-scores at the next offsets; (lead, None) removes it."""
        records = self._records(place, [(value[0], None) if isinstance(value, tuple) else ("", value) for value in values])
        await self.apply(list(score_batches(place, records[0].offset, records, score_of, self.view.packing)))

    async def alert(self, *values: bytes, produced_ms: int = START_MS, now_ms: int = START_MS, place: str = "lead-alerts/0") -> None:
        """Applies values of lead-alerts."""

        def read(record: Record) -> Entry | None:
            return entry_of(record.offset, record.value or b"", produced_ms, now_ms, "")

        records = self._records(place, [("", value) for value in values])
        await self.apply(list(alert_batches(place, records[0].offset, records, read)))

    def _records(self, place: str, made: list[tuple[str, bytes | None]]) -> list[Record]:
        start = self.offsets.get(place, 0)
        return [Record(offset, key.encode(), value) for offset, (key, value) in enumerate(made, start)]

    async def apply(self, batches: list[Batch]) -> None:
        """Applies batches in their order. LostError when one of them does not stand on top of what is applied."""
        for batch in batches:
            await self.view.send(batch)
        await self.view.settle()
        self.offsets[batches[-1].place] = batches[-1].after

    async def leads(self, **given: str) -> dict[str, Any]:
        """A page of leads."""
        page: dict[str, Any] = orjson.loads(await self.reads.leads(leads_query(given)))
        return page

    async def ids(self, **given: str) -> list[str]:
        """The ids on a page of leads."""
        return [lead["lead_id"] for lead in (await self.leads(**given))["leads"]]

    async def lead(self, lead_id: str) -> dict[str, Any] | None:
        """One lead."""
        found = await self.reads.lead(lead_id)
        return None if found is None else orjson.loads(found)

    async def alerts(self, **given: str) -> dict[str, Any]:
        """A page of alerts."""
        page: dict[str, Any] = orjson.loads(await self.reads.alerts(alerts_query(given)))
        return page


Story = Callable[[Kept], Awaitable[None]]
Tell = Callable[[Story], None]


@pytest.fixture
def app_settings(redis_server: RedisServer) -> Settings:
    """An application of its own on the Redis of the session."""
    return Settings(redis=redis_server.url, app=f"t{uuid.uuid4().hex[:8]}")


@pytest.fixture
def tell(app_settings: Settings) -> Tell:
    """Runs a story on an empty view."""

    async def run(story: Story) -> None:
        kept = Kept(app_settings, View(app_settings), Reads(app_settings))
        try:
            await kept.view.begin()
            await kept.view.say({"began_ms": START_MS})
            await story(kept)
        finally:
            await kept.view.begin()
            await kept.view.close()
            await kept.reads.close()

    return lambda story: asyncio.run(run(story))
