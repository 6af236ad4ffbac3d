"""The commit with exactly once, on a fake producer with transactions."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import ProducerFenced

from streamer.settings import Settings
from streamer.stream.sink import Sink
from streamer.stream.transaction import REPLACED, ExactlyOnce
from tests.stream.owned_bench import Bench, FakeTransactionalProducer, run

STEPS = ["alerts", "rejects", "changelog", "begin", "offsets", "commit"]


class TransactionalBench(Bench):
    """An owned partition whose producer has transactions."""

    transactions: FakeTransactionalProducer

    def sink(self) -> Sink:
        self.producer = self.transactions = FakeTransactionalProducer()
        sink = ExactlyOnce(Settings(app="app"), "changelog", 0)
        sink._producer = cast(AIOKafkaProducer, self.producer)
        return sink

    def visible(self) -> list[str]:
        """The topics that readers of committed records see something in, once for each record."""
        return sorted(topic for topic, records in self.transactions.visible for _ in records)


def test_outputs_rows_and_offsets_are_one_transaction() -> None:
    """Nothing goes out before the commit, and then all does; the chunks are acked after it."""

    async def body(bench: TransactionalBench) -> None:
        bench.owned.advance(bench.now_ms)
        chunk = bench.take(b"a", b"a", b"a")
        bench.take(b"b", value=b"bad")
        await bench.settled()
        assert (bench.transactions.sent, bench.acked) == ([], [])
        await bench.later(100)
        assert bench.transactions.steps == ["begin", "offsets", "commit"]
        assert bench.visible() == ["alerts", "changelog", "rejects", "scores"]
        assert bench.transactions.offsets == {TopicPartition("page-views", 0): 4}
        assert bench.acked[0] is chunk
        assert len(bench.acked) == 2

    run(body, TransactionalBench)


def test_what_comes_while_a_commit_is_under_way_is_not_in_it() -> None:
    """An alert whose offset the transaction has not would come again after a crash."""

    async def body(bench: TransactionalBench) -> None:
        bench.producer.silent = {"changelog"}
        bench.take(b"a", b"a", b"a")
        bench.now_ms += 400
        bench.owned.commit_if_due()
        bench.take(b"b", b"b", b"b")
        await bench.settled()
        bench.take(b"c", b"c", b"c")
        bench.producer.ack("changelog")
        await bench.settled()
        assert [records[0][0] for topic, records in bench.transactions.visible if topic == "alerts"] == [b"a"]
        assert bench.transactions.offsets == {TopicPartition("page-views", 0): 3}
        await bench.later(400)
        assert [records[0][0] for topic, records in bench.transactions.visible if topic == "alerts"] == [b"a", b"b"]
        assert bench.transactions.offsets == {TopicPartition("page-views", 0): 9}

    run(body, TransactionalBench)


@pytest.mark.parametrize("broken", STEPS)
def test_a_failure_at_any_step_shows_and_acks_nothing(broken: str) -> None:
    """Whatever fails: nothing is visible, nothing is acked, the failure is told once, and the transaction is ended if it can be."""

    async def body(bench: TransactionalBench) -> None:
        bench.producer.broken = {broken}
        bench.take(b"a", b"a", b"a")
        bench.take(b"b", value=b"bad")
        await bench.later(400)
        assert len(bench.failures) == 1
        assert (bench.visible(), bench.transactions.offsets, bench.acked) == ([], {}, [])
        assert broken == "begin" or bench.transactions.steps[-1] == "abort"

    run(body, TransactionalBench)


def test_who_was_replaced_says_so() -> None:
    """A producer with a successor is told apart from all other failures: the partition has another owner."""

    async def body(bench: TransactionalBench) -> None:
        bench.producer.broken, bench.transactions.error = {"offsets", "abort"}, ProducerFenced()
        bench.take(b"a")
        await bench.later(400)
        assert [isinstance(failure, REPLACED) for failure in bench.failures] == [True]
        assert bench.acked == []

    run(body, TransactionalBench)


def test_time_alone_makes_a_transaction_too() -> None:
    """Rows that changed without a record are committed without offsets."""

    async def body(bench: TransactionalBench) -> None:
        bench.leads._lead(b"a")
        await bench.later(400)
        assert bench.transactions.steps == ["begin", "commit"]
        assert bench.visible() == ["changelog"]

    run(body, TransactionalBench)


def test_a_stopped_partition_shows_nothing_more() -> None:
    """A commit that is cancelled in its middle stays uncommitted, and none follows it."""

    async def body(bench: TransactionalBench) -> None:
        bench.producer.silent = {"changelog"}
        bench.take(b"a")
        await bench.later(400)
        bench.take(b"b")
        bench.owned.stop()
        bench.producer.ack("changelog")
        await bench.settled()
        await bench.later(400)
        await asyncio.wait_for(bench.owned.settle(), 1)
        assert (bench.visible(), bench.acked, bench.failures) == ([], [], [])

    run(body, TransactionalBench)
