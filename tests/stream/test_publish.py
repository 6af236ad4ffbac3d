"""Publishing and following: every record arrives once, on Kafka's default partition of its key, with its own time."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing

import pytest
from aiokafka.partitioner import DefaultPartitioner

from streamer.settings import Settings
from streamer.stream.admin import ensure_topics
from streamer.stream.connection import BrokerError
from streamer.stream.follow import Followed, follow
from streamer.stream.publish import Publisher
from topics.partitions import partition_of
from topics.registry import LEAD_ALERTS, LEAD_SCORES

PARTITIONS = 4


@pytest.mark.parametrize("key", [b"", b"a", b"lead-42", "łódź".encode(), bytes(range(256))])
def test_aiokafka_and_the_scorer_agree_on_partitions(key: bytes) -> None:
    """aiokafka's default partitioner is Kafka's default, which is ours: no record of it is ever forwarded."""
    for partitions in (1, 3, 12, 100):
        everyone = list(range(partitions))
        assert DefaultPartitioner()(key, everyone, everyone) == partition_of(key, partitions)


@pytest.mark.embedded
def test_what_is_published_is_followed(embedded_broker: str) -> None:
    """Records come out of the topics as they went in, and their futures tell the partition of the key."""
    settings = Settings(broker=embedded_broker, partitions=PARTITIONS, topic_prefix="publish.")
    sent = [(LEAD_ALERTS.name, b"lead-%d" % number, b"%d" % number) for number in range(500)] + [(LEAD_SCORES.name, b"gone", None)]

    async def publish_and_follow() -> list[Followed]:
        await ensure_topics(settings, [LEAD_ALERTS, LEAD_SCORES])
        async with Publisher(settings) as publisher:
            futures = [await publisher.send(settings.topic(topic), key, value, 1000) for topic, key, value in sent]
        for (_topic, key, _value), future in zip(sent, futures, strict=True):
            assert future.result().partition == partition_of(key, PARTITIONS)
        found: list[Followed] = []
        async with aclosing(follow(settings, [LEAD_ALERTS.name, LEAD_SCORES.name])) as batches:
            while len(found) < len(sent):
                found += await anext(batches)
        return found

    found = asyncio.run(asyncio.wait_for(publish_and_follow(), 60))
    assert sorted((record[:3] for record in found), key=str) == sorted(sent, key=str)


@pytest.mark.embedded
def test_publisher_that_is_cancelled_at_its_start_leaves_nothing_open(embedded_broker: str) -> None:
    """Ctrl-C while the producer connects: a producer left open would complain when it is collected, and fail this test."""

    async def publish() -> None:
        starting = asyncio.ensure_future(Publisher(Settings(broker=embedded_broker)).__aenter__())
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    asyncio.run(publish())
    gc.collect()


def test_no_broker_to_publish_to_is_one_line() -> None:
    """Publishing without a broker is one error, and leaves no task behind."""

    async def publish() -> None:
        async with Publisher(Settings(broker="127.0.0.1:1")):
            pass

    with pytest.raises(BrokerError, match="^no Kafka broker answers at 127"):
        asyncio.run(publish())
