"""`exactly_once` on real Kafka: a reader of committed records sees each alert once, whatever happens to the worker."""

from __future__ import annotations

import asyncio
import signal

import orjson
import pytest

from streamer.settings import Settings
from streamer.stream import transaction
from streamer.stream.connection import BrokerError
from tests.kafka import KafkaBroker
from tests.stream.cluster import Cluster, counted, made_up, owned, wait_until

FIRST_MS = 1_700_000_000_000


@pytest.fixture
def cluster(kafka_broker: KafkaBroker) -> Cluster:
    """Fresh topics on the session's broker."""
    cluster = Cluster(kafka_broker.address, guarantee="exactly_once")
    cluster.create_topics()
    return cluster


def alerts(cluster: Cluster) -> list[tuple[bytes, int]]:
    """Every alert that a reader of committed records sees."""
    return [(record.key, orjson.loads(record.value)["n"]) for record in cluster.read("lead-alerts")]


def each_third(counts: dict[str, int]) -> list[tuple[bytes, int]]:
    """The alerts that leads with so many events must have."""
    return sorted((lead.encode(), n) for lead, count in counts.items() for n in range(3, count + 1, 3))


@pytest.mark.kafka
def test_the_offsets_go_with_the_outputs(cluster: Cluster) -> None:
    """What a worker made is committed with what it read, in one: killed without a goodbye, it has nothing to be done again."""
    events = made_up(10_000, seed=5, first_ms=FIRST_MS)
    cluster.produce(events)
    with cluster.worker() as worker:
        cluster.wait_for_counts(counted(events))
    with cluster.worker() as worker:
        worker.wait_for("caught up")
        assert worker.stop() == 0, worker.lines
        assert "replayed=" not in worker.lines
    assert sorted(alerts(cluster)) == each_third(counted(events))


@pytest.mark.kafka
def test_a_zombie_writes_nothing_that_can_be_seen(cluster: Cluster) -> None:
    """A worker that is frozen in its work, is replaced, and wakes up, is shut out, joins again, and repeats nothing."""
    batches = [made_up(10_000, seed=seed, first_ms=FIRST_MS + seed * 1_000_000) for seed in range(3)]
    with cluster.worker() as zombie:
        zombie.wait_for("recovered partition=3")
        cluster.produce(batches[0])
        wait_until(lambda: bool(alerts(cluster)), lambda: zombie.lines)
        zombie.signal(signal.SIGSTOP)
        with cluster.worker() as other:
            cluster.produce(batches[1])
            cluster.wait_for_counts(counted(*batches[:2]))
            zombie.signal(signal.SIGCONT)
            cluster.produce(batches[2])
            wait_until(lambda: len(owned(zombie)) == len(owned(other)) == 2, lambda: zombie.lines + other.lines)
            cluster.wait_for_counts(counted(*batches))
            assert zombie.stop() == 0, zombie.lines
            assert other.stop() == 0, other.lines
    assert sorted(alerts(cluster)) == each_third(counted(*batches))


@pytest.mark.kafka
def test_a_partition_taken_by_force_is_given_up(cluster: Cluster) -> None:
    """A worker whose producer was replaced says so and joins its group again, and goes on without a loss or a repeat."""
    batches = [made_up(5_000, seed=seed, first_ms=FIRST_MS + seed * 1_000_000) for seed in range(2)]
    with cluster.worker() as worker:
        cluster.produce(batches[0])
        cluster.wait_for_counts(counted(batches[0]))
        cluster.fence(2)
        cluster.produce(batches[1])
        cluster.wait_for_counts(counted(*batches))
        assert worker.said("another worker took over, joining again")
        assert worker.stop() == 0, worker.lines
        assert "Future exception" not in worker.lines
    assert sorted(alerts(cluster)) == each_third(counted(*batches))


@pytest.mark.embedded
def test_a_broker_without_transactions_is_refused(embedded_broker: str) -> None:
    """Exit code 1 and one line: nothing weaker than what was asked for is given silently."""
    cluster = Cluster(embedded_broker, guarantee="exactly_once")
    cluster.create_topics()
    with cluster.worker() as worker:
        assert worker.exit_code(patience_s=60) == 1
        assert worker.lines.startswith(f"streamer: the broker at {embedded_broker} refuses transactions")
        assert worker.lines.count("\n") == 1


def test_a_broker_that_finds_no_coordinator_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that never answers whether it can is refused, in words that say what to look at."""

    async def for_ever(settings: Settings, name: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(transaction, "ANSWER_S_MAX", 0.1)
    monkeypatch.setattr(transaction, "start_transactional_producer", for_ever)
    with pytest.raises(BrokerError, match="no answer in 0 s; can it make the topic __transaction_state"):
        asyncio.run(transaction.require_transactions(Settings()))
