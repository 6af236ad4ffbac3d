"""What a broker can do to a worker, on real Kafka: what heals is waited for, what does not ends it with one clear line."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streamer.stream.recovery import read_changelog
from tests.kafka import KafkaBroker
from tests.stream.cluster import Cluster, Worker, counted, made_up
from topics.registry import PAGE_VIEWS, changelog_of

pytestmark = pytest.mark.kafka
HURRIED = ("tests.stream.hurried_worker",)
OUTAGE_S = 8.0


@contextmanager
def hurried(cluster: Cluster) -> Iterator[Worker]:
    """A worker that loses patience within seconds."""
    worker = Worker(cluster, HURRIED)
    try:
        yield worker
    finally:
        worker.kill()


@pytest.fixture
def cluster(kafka_broker: KafkaBroker) -> Cluster:
    """Fresh topics on the session's broker."""
    cluster = Cluster(kafka_broker.address)
    cluster.create_topics()
    return cluster


@pytest.fixture(scope="module")
def mortal_broker() -> Iterator[KafkaBroker]:
    """A broker that no other test needs, with two disks."""
    with KafkaBroker("log.dirs={folder}/data,{folder}/more\nmetadata.log.dir={folder}/metadata\n") as broker:
        yield broker


def recovered(cluster: Cluster) -> Counter[bytes]:
    """The rows of partition 0 of the changelog, as a recovery reads them, by their keys."""
    rows: Counter[bytes] = Counter()
    changelog = cluster.settings.topic(changelog_of(cluster.app).name)
    asyncio.run(read_changelog(cluster.settings, changelog, 0, lambda key, row: rows.update([key]), lambda count: None))
    return rows


def administer(cluster: Cluster, action: Callable[[AIOKafkaAdminClient], Awaitable[object]]) -> None:
    """Does something to the broker."""

    async def act() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=cluster.broker)
        await admin.start()
        try:
            await action(admin)
        finally:
            await admin.close()

    asyncio.run(act())


def configure(cluster: Cluster, topic: str, **configs: str) -> None:
    """Changes settings of a topic."""
    administer(cluster, lambda admin: admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)]))


def test_a_broker_that_goes_away_and_comes_back_is_waited_for(mortal_broker: KafkaBroker) -> None:
    """Longer away than one request may take: it is said once, the work goes on, nothing is lost and nothing is there twice.

    A recovery that begins meanwhile waits too.
    """
    events = made_up(40_000, seed=1, first_ms=1_700_000_000_000)
    more = made_up(1_000, seed=2, first_ms=1_700_100_000_000)
    cluster = Cluster(mortal_broker.address)
    cluster.create_topics()
    with hurried(cluster) as worker:
        worker.wait_for("caught up")
        cluster.produce(events)
        mortal_broker.stop(kill=True)
        worker.wait_for("the broker does not answer, waiting for it")
        with ThreadPoolExecutor(1) as pool:
            recovery = pool.submit(recovered, cluster)
            time.sleep(OUTAGE_S)
            mortal_broker.start()
            assert sum(recovery.result(60).values()) > 0
        cluster.produce(more)
        cluster.wait_for_counts(counted(events, more))
        alerts = [record.value for record in cluster.read("lead-alerts")]
        assert len(alerts) == len(set(alerts)) == sum(count // 3 for count in counted(events, more).values())
        worker.wait_for("the broker answers again")
        assert worker.stop() == 0, worker.lines
        assert worker.lines.count("does not answer") == 1
        assert " error " not in worker.lines


def test_an_idle_worker_is_not_stalled(cluster: Cluster) -> None:
    """With nothing to do nothing gets done, and that is well."""
    with hurried(cluster) as worker:
        cluster.produce(made_up(100, seed=5, first_ms=1_700_000_000_000))
        worker.wait_for("caught up")
        time.sleep(7)
        assert worker.stop() == 0, worker.lines


def test_a_topic_that_is_gone_ends_the_worker(cluster: Cluster) -> None:
    """A topic that somebody deleted is named."""
    with hurried(cluster) as worker:
        worker.wait_for("caught up")
        administer(cluster, lambda admin: admin.delete_topics([f"{cluster.prefix}calls"]))
        assert worker.exit_code() == 1, worker.lines
        assert f"the broker has no topic {cluster.prefix}calls any more" in worker.lines
        assert "Traceback" not in worker.lines


def test_a_batch_that_is_too_large_ends_the_worker(cluster: Cluster) -> None:
    """A topic that takes too little is named with what it must take; a worker that starts sees it at once."""
    topic = f"{cluster.prefix}lead-alerts"
    with hurried(cluster) as worker:
        worker.wait_for("caught up")
        configure(cluster, topic, **{"max.message.bytes": "200"})
        cluster.produce(made_up(3_000, seed=6, first_ms=1_700_000_000_000))
        assert worker.exit_code() == 1, worker.lines
        assert f"topic {topic}, partition " in worker.lines
        assert "MessageSizeTooLargeError; the topic must take batches of 512 KiB (max.message.bytes)" in worker.lines
    with hurried(cluster) as worker:
        assert worker.exit_code() == 1
        assert worker.lines == f"streamer: topic {topic} has max.message.bytes=200, expected at least 524288\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the files of another process")
def test_a_broker_that_cannot_write_ends_the_worker(mortal_broker: KafkaBroker) -> None:
    """One of its disks is full, and it answers all the same: exit code 1, and a line that says what does not go on, and since when.

    The broker is of no use after it.
    """
    cluster = Cluster(mortal_broker.address)
    cluster.create_topics()
    with hurried(cluster) as worker:
        worker.wait_for("caught up")
        worker.signal(signal.SIGSTOP)
        # All of one lead, so that only one file grows beyond what there is room for.
        cluster.produce([(PAGE_VIEWS, "lead-1", b"x", 1_700_000_000_000 + place) for place in range(15_000)])
        mortal_broker.fill_disk(200_000)
        worker.signal(signal.SIGCONT)
        worker.wait_for(" failed ")
        assert worker.exit_code() == 1, worker.lines
        failed = next(line for line in worker.lines.splitlines() if " failed " in line)
        assert re.search(r"(in partition \d|no partitions) for \d+ s, though the broker answers; the client's last trouble: .", failed)
        assert "Traceback" not in worker.lines
