"""The seam between fakes: a fake of aiokafka's thread below it, a fake scorer above it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka.structs import TopicPartition
from faust.types import TP

from streamer.score.records import Record
from streamer.settings import Settings
from streamer.stream.app import make_app
from streamer.stream.chunk import Chunk
from streamer.stream.consumer import ChunkConsumer
from streamer.stream.fetched import Fetched
from topics.registry import CALLS, PAGE_VIEWS

TOPICS = {"page-views": PAGE_VIEWS, "calls": CALLS}
VIEWS_0, CALLS_0, VIEWS_1 = TP("page-views", 0), TP("calls", 0), TP("page-views", 1)
OWNED = {TP(topic, number) for topic in TOPICS for number in (0, 1)}


class FakeScoring:
    """A scorer that notes what it is told, and settles as the test says."""

    def __init__(self, notes: list[Any]) -> None:
        self.abandoned = False
        self.ready = {0, 1}
        self.notes = notes
        self.on_settle: Callable[[], object] = lambda: None

    def is_ready(self, number: int) -> bool:
        return number in self.ready

    def assigned(self, numbers: set[int], generation: int) -> None:
        self.notes.append(("assigned", numbers, generation))

    def revoked(self) -> None:
        self.notes.append("revoked")

    async def settle(self) -> None:
        self.notes.append("settle")
        self.on_settle()

    def score(self, event: Any) -> None:
        raise AssertionError("no agent runs here")


class FakeThread:
    """What aiokafka's thread answers; `fetches` are given out one a call, and `meanwhile` happens during each."""

    def __init__(self, notes: list[Any]) -> None:
        self.notes = notes
        self.fetches: list[dict[TP, list[Record]]] = []
        self.asked: list[set[TP]] = []
        self.ends: dict[TP, Fetched | None] = {}
        self.committed: dict[TP, int | None] = {}
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def getmany(self, active_partitions: set[TP], timeout: float) -> Mapping[TP, list[Record]]:  # noqa: ASYNC109 - Faust's
        self.asked.append(set(active_partitions))
        if self.meanwhile is not None:
            await self.meanwhile()
        return self.fetches.pop(0) if self.fetches else {}

    def fetched(self, topic: str, number: int) -> Fetched | None:
        return self.ends.get(TP(topic, number), Fetched(0, 0, 1))

    def assignment(self) -> set[TP]:
        return set(OWNED)

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        self.notes.append(("commit", dict(offsets)))
        return True

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        return {tp: self.committed.get(tp) for tp in OWNED}

    async def seek_to_beginning(self, *partitions: TopicPartition) -> None:
        self.notes.append(("beginning", set(partitions)))


class Bench:
    """A consumer of the seam, with fakes on both sides."""

    def __init__(self, guarantee: str = "at_least_once") -> None:
        self.notes: list[Any] = []
        self.scoring = FakeScoring(self.notes)
        self.thread = FakeThread(self.notes)
        scorer: Any = self.scoring
        self.app = make_app(Settings(partitions=2, guarantee=guarantee), {}, TOPICS, scorer)
        consumer = self.app.consumer
        assert isinstance(consumer, ChunkConsumer)
        self.consumer = consumer
        consumer._thread.thread_loop.close()
        self.consumer._thread = self.thread  # type: ignore[assignment]  # the fake has what is asked of it
        self.consumer._on_partitions_revoked = self._stock_revoked
        self.consumer._on_partitions_assigned = self._stock_assigned
        self.app.topics.acking_topics.update(TOPICS)
        self.consumer._set_active_tps(OWNED)
        self.consumer.flow_active = True

    async def _stock_revoked(self, revoked: set[TP]) -> None:
        self.notes.append("stock revoked")

    async def _stock_assigned(self, assigned: set[TP], generation: int = 0) -> None:
        self.notes.append("stock assigned")

    async def resumed(self) -> None:
        """What Faust does after an assignment."""
        await self.consumer.perform_seek()
        self.consumer.resume_flow()

    async def messages(self, *fetches: dict[TP, list[Record]], rounds: int = 1) -> list[Any]:
        """The messages that these fetches become, one fetch a round; as Faust's loop does it, each is tracked."""
        self.thread.fetches += fetches
        got: list[Any] = []
        for _ in range(max(rounds, len(fetches))):
            async for _, message in self.consumer.getmany(1.0):
                self.consumer._unacked_messages.add(message)
                got.append(message)
        return got


def run(body: Callable[[Bench], Awaitable[None]], guarantee: str = "at_least_once") -> None:
    """Runs an async test body on a fresh bench."""

    async def main() -> None:
        await body(Bench(guarantee))

    asyncio.run(main())


def records(*places: int, key: bytes = b"k") -> list[Record]:
    """Records whose timestamp is their offset."""
    return [Record(key, b"v", offset, offset) for offset in places]


def chunk_of(message: Any) -> Chunk:
    """The chunk that a message is."""
    assert isinstance(message.value, Chunk)
    return message.value
