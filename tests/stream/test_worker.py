"""A whole worker on real Kafka: what goes in is counted once, whatever happens to the process."""

from __future__ import annotations

import signal
import time

import pytest

from tests.kafka import KafkaBroker
from tests.stream.cluster import Cluster, Worker, assignments, counted, made_up, owned, wait_until
from topics.registry import PAGE_VIEWS, TOPICS

pytestmark = pytest.mark.kafka


@pytest.fixture
def cluster(kafka_broker: KafkaBroker) -> Cluster:
    """Fresh topics on the session's broker."""
    cluster = Cluster(kafka_broker.address)
    cluster.create_topics()
    return cluster


def test_counts_every_event_of_every_topic(cluster: Cluster) -> None:
    """Each record of each input topic is counted once, its alerts and scores arrive, and SIGTERM ends with exit code 0."""
    events = made_up(20_000, seed=1, first_ms=1_700_000_000_000)
    cluster.produce(events)
    with cluster.worker() as worker:
        cluster.wait_for_counts(counted(events))
        assert len(cluster.read("lead-alerts")) == sum(count // 3 for count in counted(events).values())
        started_s = time.monotonic()
        assert worker.stop() == 0
        assert time.monotonic() - started_s < 5
        assert worker.said("stopped")


def test_told_to_stop_while_it_joins_its_group(cluster: Cluster) -> None:
    """A rebalance that meets the end of the worker does not hold it up: it ends by itself, with exit code 0."""
    for pause_s in (0.1, 0.2, 0.3, 0.4, 0.5):
        with cluster.worker() as worker:
            worker.wait_for("started")
            time.sleep(pause_s)
            assert worker.stop() == 0, worker.lines
            assert worker.said("stopped")


def test_kill_nine_loses_nothing_and_counts_nothing_twice(cluster: Cluster) -> None:
    """A worker that is killed in the middle of its work is followed by one that goes on where the rows say."""
    events = made_up(60_000, seed=2, first_ms=1_700_000_000_000)
    cluster.produce(events[:40_000])
    for pause_s in (0.35, 0.8):
        with cluster.worker() as worker:
            worker.wait_for("recovered partition=")
            time.sleep(pause_s)
    cluster.produce(events[40_000:])
    with cluster.worker():
        cluster.wait_for_counts(counted(events))
    alerts = {(record.key, record.value) for record in cluster.read("lead-alerts")}
    assert len(alerts) == sum(count // 3 for count in counted(events).values())


def test_workers_share_the_partitions_and_take_over(cluster: Cluster) -> None:
    """Two workers own two partitions each; a third and the end of one move as little as needed, and nothing is lost or doubled."""
    batches = [made_up(10_000, seed=seed, first_ms=1_700_000_000_000 + seed * 1_000_000) for seed in range(4)]
    with cluster.worker() as first:
        cluster.produce(batches[0])
        first.wait_for("caught up")
        with cluster.worker() as second:
            cluster.produce(batches[1])
            wait_until(lambda: len(owned(first)) == len(owned(second)) == 2, lambda: first.lines + second.lines)
            assert owned(first) | owned(second) == {0, 1, 2, 3}
            assert assignments(first)[-1].endswith("recovering=none")
            cluster.wait_for_counts(counted(*batches[:2]))
            with cluster.worker() as third:
                third.wait_for("recovered partition=")
                cluster.produce(batches[2])
                assert second.stop() == 0
                cluster.produce(batches[3])
                cluster.wait_for_counts(counted(*batches))
                wait_until(lambda: len(owned(first)) + len(owned(third)) == 4, lambda: first.lines + third.lines)
                assert owned(first) | owned(third) == {0, 1, 2, 3}


def test_a_frozen_worker_is_replaced_and_comes_back(cluster: Cluster) -> None:
    """A worker that stands still longer than its session loses its partitions; awake again it does no harm."""
    batches = [made_up(5_000, seed=seed, first_ms=1_700_000_000_000 + seed * 1_000_000) for seed in range(3)]
    with cluster.worker() as frozen:
        cluster.produce(batches[0])
        frozen.wait_for("caught up")
        frozen.signal(signal.SIGSTOP)
        with cluster.worker() as other:
            cluster.produce(batches[1])
            cluster.wait_for_counts(counted(*batches[:2]))
            frozen.signal(signal.SIGCONT)
            cluster.produce(batches[2])
            cluster.wait_for_counts(counted(*batches))
            wait_until(lambda: len(owned(frozen)) == 2 and len(owned(other)) == 2, lambda: frozen.lines + other.lines)
            assert frozen.stop() == 0
            assert other.stop() == 0


def test_an_error_in_scoring_keeps_the_chunk(cluster: Cluster) -> None:
    """A scorer that raises ends the worker with exit code 1; nothing of its chunk is committed, so nothing is lost."""
    events = made_up(3_000, seed=3, first_ms=1_700_000_000_000)
    cluster.produce(events)
    with cluster.worker() as worker:
        cluster.wait_for_counts(counted(events))
        cluster.produce([(PAGE_VIEWS, "lead-1", b"x", None), (PAGE_VIEWS, "lead-1", b"explode", None)])
        assert worker.exit_code() == 1
        assert worker.said('failed error="the scorer exploded"')
        assert "Traceback" not in worker.lines
    assert cluster.counts() == counted(events)


@pytest.mark.parametrize("missing", ["calls", "lead-scores"])
def test_missing_topics_are_said_in_one_line(kafka_broker: KafkaBroker, missing: str) -> None:
    """A worker without its topics ends with exit code 1 and says how to make them."""
    cluster = Cluster(kafka_broker.address)
    cluster.create_topics(topic for topic in TOPICS if topic.name != missing)
    with cluster.worker() as worker:
        assert worker.exit_code() == 1
        assert worker.lines == f"streamer: no topic {cluster.prefix}{missing}: run `streamer topics`\n"


def test_other_partition_counts_are_refused(kafka_broker: KafkaBroker) -> None:
    """Topics with another number of partitions would split a lead between workers."""
    cluster = Cluster(kafka_broker.address)
    cluster.create_topics()
    cluster.partitions = 6
    with cluster.worker() as worker:
        assert worker.exit_code() == 1
        assert "has 4 partitions, expected 6" in worker.lines
        assert worker.lines.count("\n") == 1


def test_a_broker_that_is_not_there_is_said_in_one_line() -> None:
    """Exit code 1 and one line."""
    worker = Worker(Cluster("127.0.0.1:1"))
    try:
        assert worker.exit_code() == 1
        assert worker.lines.startswith("streamer: no Kafka broker answers at 127.0.0.1:1")
        assert worker.lines.count("\n") == 1
    finally:
        worker.kill()
