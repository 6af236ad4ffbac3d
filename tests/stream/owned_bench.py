"""An owned partition between fakes: a producer that acks when the test says so, and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streamer.score.partition import Partition
from streamer.score.records import Record
from streamer.stream.chunk import Chunk
from streamer.stream.owned import OutputTopics, OwnedPartition
from streamer.stream.sink import AtLeastOnce, Sink
from tests.stream.fake import CountingPartition
from topics.registry import PAGE_VIEWS, Topic

BenchT = TypeVar("BenchT", bound="Bench")
TOPICS = OutputTopics("alerts", "rejects", "scores")

# After so long without a commit, one is due.
COMMIT_MS = AtLeastOnce.commit_backlog_ms


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


class FakeTransactionalProducer(FakeProducer):
    """A producer with transactions: `visible` is what their readers see. The steps in `broken` fail."""

    def __init__(self) -> None:
        super().__init__()
        self.visible: list[tuple[str, list[tuple[Any, Any]]]] = []
        self.offsets: dict[Any, int] = {}
        self.steps: list[str] = []
        self.error: KafkaError = KafkaTimeoutError()
        self._offsets: dict[Any, int] = {}

    async def begin_transaction(self) -> None:
        assert self.steps[-1:] != ["begin"]
        self._step("begin")

    async def send_offsets_to_transaction(self, offsets: dict[Any, int], group: str) -> None:
        self._step("offsets")
        self._offsets = offsets

    async def commit_transaction(self) -> None:
        self._step("commit")
        self.visible += self.sent
        self.offsets |= self._offsets
        self.sent, self._offsets = [], {}

    async def abort_transaction(self) -> None:
        self._step("abort")
        self.sent, self._offsets = [], {}

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name in self.broken:
            raise self.error


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

    producer: FakeProducer

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.leads = CountingPartition(0)
        self.failures: list[BaseException] = []
        self.acked: list[Chunk] = []
        self.offset = 0
        self.owned = OwnedPartition(cast(Partition, self.leads), 0, self.sink(), TOPICS, lambda: self.now_ms, self.failures.append)

    def sink(self) -> Sink:
        """The way out; its producer is `self.producer` from here on."""
        self.producer = FakeProducer()
        return AtLeastOnce(cast(AIOKafkaProducer, self.producer), "changelog", 0, self.failures.append)

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


# A type variable cannot have a default that mypy accepts.
def run(body: Callable[[BenchT], Awaitable[None]], bench: Callable[[], BenchT] = Bench) -> None:  # type: ignore[assignment]
    """Runs an async test body on a fresh bench."""

    async def main() -> None:
        await body(bench())

    asyncio.run(main())
