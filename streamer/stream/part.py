"""Parts of topics, read outside of any consumer group: the newest records of some topics, or what comes to some partitions from now on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streamer.settings import Settings
from streamer.stream.connection import BrokerError, client_options, explained, unreachable

POLL_MS = 200


class PlacedRecord(NamedTuple):
    """A record and where it lies; `topic` is its name on the broker."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


async def newest(settings: Settings, topics: Sequence[str], most: int) -> AsyncGenerator[list[PlacedRecord], None]:
    """Up to `most` of the newest records of each partition of these topics, in batches. BrokerError when they cannot be read."""
    async with _consumer(settings) as consumer:
        places = [TopicPartition(topic, number) for topic in topics for number in range(settings.partitions)]
        consumer.assign(places)
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        left = set()
        for place in places:
            if begins[place] < ends[place]:
                left.add(place)
                consumer.seek(place, max(begins[place], ends[place] - most))
        while left:
            yield _placed(await consumer.getmany(*left, timeout_ms=POLL_MS))
            # The position counts, not the records: the last offsets may be of transaction markers.
            left = {place for place in left if await consumer.position(place) < ends[place]}


@asynccontextmanager
async def from_now_on(settings: Settings, topics: Sequence[str], number: int) -> AsyncIterator[AsyncIterator[list[PlacedRecord]]]:
    """What comes to one partition number of these topics after the block was entered, in batches that may be empty, without end."""
    async with _consumer(settings) as consumer:
        places = [TopicPartition(topic, number) for topic in topics]
        consumer.assign(places)
        for place, end in (await consumer.end_offsets(places)).items():
            consumer.seek(place, end)

        async def batches() -> AsyncIterator[list[PlacedRecord]]:
            while True:
                yield _placed(await consumer.getmany(timeout_ms=POLL_MS))

        yield batches()


def _placed(fetched: dict[Any, list[Any]]) -> list[PlacedRecord]:
    return [
        PlacedRecord(place.topic, place.partition, record.offset, record.key, record.value)
        for place, records in fetched.items()
        for record in records
    ]


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**client_options(settings), auto_offset_reset="earliest", enable_auto_commit=False)
    try:
        try:
            await consumer.start()
        except (KafkaError, OSError):
            raise unreachable(settings) from None
        yield consumer
    except KafkaError as error:
        raise BrokerError(f"the broker at {settings.broker} failed: {explained(error)}") from None
    finally:
        await consumer.stop()
