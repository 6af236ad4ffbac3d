"""An owned partition between fakes: a producer that acks when the test says so, and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiokafka.errors import KafkaTimeoutError

from streamer.score.partition import Partition
from streamer.score.records import Record
from streamer.stream.chunk import Chunk
from streamer.stream.owned import OutputTopics, OwnedPartition
from streamer.stream.sink import AtLeastOnce
from tests.stream.fake import CountingPartition
from topics.registry import PAGE_VIEWS, Topic

TOPICS = OutputTopics("alerts", "rejects", "scores")


class FakeBatch:
    """A batch of at most three records."""

    def __init__(self) -> None:
        self.records: list[tuple[Any, Any]] = []

    def append(self, *, key: Any, value: Any, timestamp: Any, headers: Any) -> object:
        if len(self.records) == 3:
            return None
        self.records.append((key, value))
        return True

    def record_count(self) -> int:
        return len(self.records)


class FakeProducer:
    """Keeps what is sent; topics in `silent` are acked only by `ack`, those in `broken` fail."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[tuple[Any, Any]]]] = []
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []

    def create_batch(self) -> FakeBatch:
        return FakeBatch()

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent.append((topic, batch.records))
        if topic in self.broken:
            future.set_exception(KafkaTimeoutError())
        elif topic in self.silent:
            self._waiting.append((topic, future))
        else:
            future.set_result(None)
        return future

    def ack(self, topic: str) -> None:
        """Acks all that was sent to the topic, now and later."""
        self.silent.discard(topic)
        for name, future in self._waiting:
            if name == topic and not future.done():
                future.set_result(None)

    def topics(self) -> list[str]:
        """The topics that were sent to, in order, each run once."""
        return [topic for place, (topic, _) in enumerate(self.sent) if place == 0 or self.sent[place - 1][0] != topic]


class FakeEvent:
    """A Faust event; `acked` notes the acks."""

    def __init__(self, chunk: Chunk, acked: list[Chunk]) -> None:
        self.message = self
        self.value = chunk
        self._acked = acked

    def ack(self) -> None:
        self._acked.append(self.value)


class Bench:
    """An owned partition with fakes around it; time stands still unless the test moves it."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.producer = FakeProducer()
        self.leads = CountingPartition(0)
        self.failures: list[BaseException] = []
        self.acked: list[Chunk] = []
        self.offset = 0
        producer: Any = self.producer
        sink = AtLeastOnce(producer, "changelog", 0, self.failures.append)
        self.owned = OwnedPartition(cast(Partition, self.leads), 0, sink, TOPICS, lambda: self.now_ms, self.failures.append)

    def take(self, *keys: bytes, value: bytes = b"v", topic: Topic = PAGE_VIEWS) -> Chunk:
        """Scores a chunk with one record for each key."""
        records = [Record(key, value, self.offset + place, self.now_ms) for place, key in enumerate(keys)]
        self.offset += len(keys)
        chunk = Chunk(0, [(topic, records)], len(records), {topic.name: self.offset})
        self.owned.take(FakeEvent(chunk, self.acked))
        return chunk

    async def later(self, ms: int) -> None:
        """Time passes: a tick of the clock, then all that can go on goes on."""
        self.now_ms += ms
        self.owned.publish()
        self.owned.commit_if_due()
        await self.settled()

    def scores(self) -> list[tuple[Any, Any]]:
        """What was sent to lead-scores."""
        return [record for topic, records in self.producer.sent if topic == "scores" for record in records]

    async def settled(self) -> None:
        """All that can go on goes on."""
        for _ in range(50):
            await asyncio.sleep(0)


def run(body: Callable[[Bench], Awaitable[None]]) -> None:
    """Runs an async test body on a fresh bench."""

    async def main() -> None:
        await body(Bench())

    asyncio.run(main())
