"""Reads topics as they grow, outside of any consumer group: topic names come in, their records leave in batches."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streamer.settings import Settings
from streamer.stream.connection import BrokerError, client_options, unreachable


class Followed(NamedTuple):
    """One record of a followed topic; `topic` is the contract's name, without the prefix."""

    topic: str
    key: bytes | None
    value: bytes | None


async def follow(settings: Settings, names: Sequence[str]) -> AsyncGenerator[list[Followed], None]:
    """All records of these topics from their start, without end; the topics must exist. Close it when you had enough."""
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    try:
        await consumer.start()
        topics = {settings.topic(name): name for name in names}
        consumer.assign([TopicPartition(topic, partition) for topic in topics for partition in range(settings.partitions)])
        while True:
            fetched: dict[Any, list[Any]] = await consumer.getmany(timeout_ms=200)
            batch = [Followed(topics[place.topic], record.key, record.value) for place, records in fetched.items() for record in records]
            if batch:
                yield batch
    except OSError:
        raise unreachable(settings) from None
    except KafkaError as error:
        raise BrokerError(f"the broker at {settings.broker} failed: {str(error) or type(error).__name__}") from None
    finally:
        await consumer.stop()
