"""Recovery from a changelog that is not whole: what is left of it is used, and what was cut off stops nothing."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.records_to_delete import RecordsToDelete

from streamer.stream.admin import topic_configs
from tests.kafka import KafkaBroker
from tests.stream.cluster import Cluster
from topics.partitions import partition_of
from topics.registry import PAGE_VIEWS, Topic, changelog_of

pytestmark = pytest.mark.kafka
LEADS = 120
EVENTS = 2_000


def batch(number: int) -> list[tuple[Topic, str, bytes, int | None]]:
    """Events of all leads."""
    return [(PAGE_VIEWS, f"lead-{event % LEADS}", b"x", number * 1_000_000 + event) for event in range(EVENTS)]


def test_rows_that_were_cut_off_are_forgotten_and_the_others_kept(kafka_broker: KafkaBroker) -> None:
    """Of a truncated changelog recovery takes what is left: those leads go on, the others begin anew, no event counts twice."""
    cluster = Cluster(kafka_broker.address)
    cluster.create_topics()
    each = Counter(key for _, key, _, _ in batch(0))
    cluster.produce(batch(0))
    with cluster.worker() as worker:
        cluster.wait_for_counts(dict(each))
        assert worker.stop() == 0
    rows = [record for record in cluster.read(changelog_of(cluster.app).name) if record.key]
    newest = {record.key.decode(): record for record in rows}
    cuts = {number: middle_offset([record.offset for record in rows if record.partition == number]) for number in range(2)}
    cuts |= dict.fromkeys(range(2, cluster.partitions), -1)  # to the end
    asyncio.run(cut_off(cluster, cuts))
    kept = {lead for lead, record in newest.items() if 0 <= cuts[record.partition] <= record.offset}
    assert 0 < len(kept) < len([lead for lead in newest if partition_of(lead.encode(), cluster.partitions) < 2])
    cluster.produce(batch(1))
    with cluster.worker() as worker:
        cluster.wait_for_counts({lead: count * (2 if lead in kept else 1) for lead, count in each.items()})
        assert worker.stop() == 0


def middle_offset(offsets: list[int]) -> int:
    """One that cuts off half of the newest rows: the last commit writes each lead's row once, in the order of its keys."""
    return offsets[len(offsets) * 7 // 8]


async def cut_off(cluster: Cluster, cuts: dict[int, int]) -> None:
    """Deletes the changelog's records before these offsets; -1: all of them."""
    topic = changelog_of(cluster.app)
    name = cluster.settings.topic(topic.name)
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.broker)
    await admin.start()
    try:
        for policy in ("compact,delete", "compact"):  # Kafka deletes nothing from a topic that is only compacted
            configs = topic_configs(topic) | {"cleanup.policy": policy}
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=configs)])
            if policy != "compact":
                await admin.delete_records({TopicPartition(name, number): RecordsToDelete(offset) for number, offset in cuts.items()})
    finally:
        await admin.close()
