"""The commit of one partition, on a fake producer whose acks come when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaTimeoutError

from streamer.score.records import Record
from streamer.stream.chunk import Chunk
from streamer.stream.meters import Meters
from streamer.stream.owned import OutputTopics, OwnedPartition
from tests.stream.fake import CountingPartition
from topics.registry import PAGE_VIEWS, Topic

TOPICS = OutputTopics("alerts", "rejects", "scores", "changelog")


class FakeBatch:
    """A batch of at most three records."""

    def __init__(self) -> None:
        self.records: list[tuple[Any, Any]] = []

    def append(self, *, key: Any, value: Any, timestamp: Any) -> object:
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
        producer, leads = cast(Any, (self.producer, self.leads))
        self.owned = OwnedPartition(leads, 0, producer, TOPICS, lambda: self.now_ms, self.failures.append, Meters())

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
        self.owned.commit_if_due()
        await self.settled()

    async def settled(self) -> None:
        """All that can go on goes on."""
        for _ in range(50):
            await asyncio.sleep(0)


def run(body: Callable[[Bench], Awaitable[None]]) -> None:
    """Runs an async test body on a fresh bench."""

    async def main() -> None:
        await body(Bench())

    asyncio.run(main())


def test_alerts_go_out_before_any_commit() -> None:
    """From the event to the alert it takes no commit."""

    async def body(bench: Bench) -> None:
        chunk = bench.take(b"a", b"a", b"a")
        await bench.settled()
        assert bench.producer.topics() == ["alerts"]
        assert bench.acked == []
        assert chunk.scored
        assert chunk.runs == ()

    run(body)


def test_outputs_then_rows_then_acks() -> None:
    """No row is durable before its outputs, and no chunk is acked before its rows."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"alerts", "rejects", "scores", "changelog"}
        bench.owned.advance(bench.now_ms)
        chunk = bench.take(b"a", b"a", b"a")
        bench.take(b"b", value=b"bad")
        await bench.later(1_000)
        assert sorted(bench.producer.topics()) == ["alerts", "rejects"]
        bench.producer.ack("rejects")
        await bench.settled()
        assert "scores" not in bench.producer.topics()
        bench.producer.ack("alerts")
        await bench.settled()
        assert bench.producer.topics()[2:] == ["scores"]
        bench.producer.ack("scores")
        await bench.settled()
        assert bench.producer.topics()[2:] == ["scores", "changelog"]
        assert bench.acked == []
        bench.producer.ack("changelog")
        await bench.settled()
        assert bench.acked[0] is chunk
        assert len(bench.acked) == 2

    run(body)


@pytest.mark.parametrize("broken", ["alerts", "rejects", "scores", "changelog"])
def test_a_failure_of_the_broker_acks_nothing(broken: str) -> None:
    """Whatever cannot be sent: the failure is reported once and the chunks are not acked."""

    async def body(bench: Bench) -> None:
        bench.producer.broken = {broken}
        bench.owned.advance(bench.now_ms)
        bench.take(b"a", b"a", b"a")
        bench.take(b"b", value=b"bad")
        await bench.later(1_000)
        assert [type(failure) for failure in bench.failures] == [KafkaTimeoutError]
        assert bench.acked == []
        bench.owned.stop()

    run(body)


def test_the_next_chunks_are_scored_meanwhile() -> None:
    """A commit under way holds up no scoring; what is scored meanwhile belongs to the next commit."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"changelog"}
        first = bench.take(b"a")
        await bench.later(400)
        second = bench.take(b"a", b"b")
        assert second.scored
        await bench.later(400)
        assert bench.producer.topics() == ["changelog"]
        bench.producer.ack("changelog")
        await bench.settled()
        assert bench.acked == [first]
        await bench.later(400)
        assert bench.acked == [first, second]

    run(body)


def test_many_records_do_not_wait_for_the_time() -> None:
    """A commit is due by its records too, so that touched rows stay few."""

    async def body(bench: Bench) -> None:
        await bench.later(400)
        chunk = bench.take(*[b"a"] * 20_000)
        await bench.settled()
        assert bench.acked == [chunk]

    run(body)


def test_scores_of_a_live_partition_go_out_once_a_second() -> None:
    """At most once a second a lead, and the last state always."""

    async def body(bench: Bench) -> None:
        published: list[int] = []
        for step in range(30):
            bench.owned.advance(bench.now_ms)
            if step < 20:
                bench.take(b"a")
            await bench.later(100)
            published += [bench.now_ms] * len([topic for topic, _ in bench.producer.sent if topic == "scores"])
            if step < 29:
                bench.producer.sent.clear()
        assert all(later - sooner >= 1_000 for sooner, later in pairwise(published))
        assert len(published) == 2
        assert bench.leads._changed == set()

    run(body)


def test_scores_of_a_backlog_wait_until_it_is_read() -> None:
    """While a backlog is read only rows are written; scores come every minute, and once when all is read."""

    async def body(bench: Bench) -> None:
        for _ in range(120):
            bench.take(b"a")
            await bench.later(400)
        assert "scores" not in bench.producer.topics()
        for _ in range(40):
            bench.take(b"a")
            await bench.later(400)
        assert len([topic for topic, _ in bench.producer.sent if topic == "scores"]) == 1
        bench.take(b"a")
        bench.owned.advance(bench.now_ms)
        await bench.later(1_000)
        assert len([topic for topic, _ in bench.producer.sent if topic == "scores"]) == 2

    run(body)


def test_time_acts_only_when_live() -> None:
    """While a backlog is read the clock of the events counts, not the wall's."""

    async def body(bench: Bench) -> None:
        bench.owned.advance(bench.now_ms - 10_000)
        assert bench.leads.advanced == []
        bench.owned.advance(bench.now_ms - 50)
        assert bench.leads.advanced == [bench.now_ms - 50]

    run(body)


def test_settle_commits_all_that_is_scored() -> None:
    """Before a revoke or the end, also while another commit is under way."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"changelog"}
        first = bench.take(b"a")
        await bench.later(400)
        second = bench.take(b"b")
        settling = asyncio.create_task(bench.owned.settle())
        await bench.settled()
        assert bench.acked == []
        bench.producer.ack("changelog")
        await settling
        assert bench.acked == [first, second]

    run(body)


def test_rows_go_in_batches_that_hold_them_all() -> None:
    """A full batch is followed by another; none is lost between them."""

    async def body(bench: Bench) -> None:
        bench.take(*[f"lead-{number}".encode() for number in range(10)])
        await bench.later(400)
        batches = [records for topic, records in bench.producer.sent if topic == "changelog"]
        assert [len(records) for records in batches] == [3, 3, 3, 1]
        assert len({key for records in batches for key, _ in records}) == 10

    run(body)
