"""Reads all partitions of some topics from given offsets, outside of any group's assignment: who reads keeps its place by itself.

The group named is only told how far the reading came, so that Kafka's tools show its lag.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streamer.settings import Settings
from streamer.stream.admin import partitions_of
from streamer.stream.connection import BrokerError, client_options, unreachable
from topics.registry import Topic

FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
FETCH_WAIT_MS: Final = 100
ANSWER_S_MAX: Final = 5.0


class Place(NamedTuple):
    """A partition of a topic, by the contract's name without the prefix."""

    topic: str
    partition: int


class Incoming(NamedTuple):
    """Records of one place in their order, each with `offset`, `key`, `value` and `timestamp` in ms; `next_offset` is after them."""

    place: Place
    records: Sequence[Any]
    next_offset: int


class Reader:
    """An open reader; get one from `open_reader`. Its methods raise BrokerError."""

    def __init__(self, settings: Settings, consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, Place]) -> None:
        self._settings = settings
        self._consumer = consumer
        self._places = places
        self._partitions = {place: partition for partition, place in places.items()}

    @property
    def places(self) -> list[Place]:
        """All places that are read."""
        return list(self._partitions)

    def seek(self, place: Place, offset: int) -> None:
        """Goes on from this offset."""
        self._consumer.seek(self._partitions[place], offset)

    def pause(self, places: Sequence[Place]) -> None:
        """Leaves these places alone until `resume`."""
        self._consumer.pause(*(self._partitions[place] for place in places))

    def resume(self, places: Sequence[Place]) -> None:
        """Reads these places again."""
        self._consumer.resume(*(self._partitions[place] for place in places))

    async def poll(self, records_max: int, timeout_ms: int) -> list[Incoming]:
        """What has come; after the timeout, which also ends a wait for a broker that is away, nothing."""
        fetched: dict[Any, list[Any]] = await self._asked(self._consumer.getmany(timeout_ms=timeout_ms, max_records=records_max))
        return [Incoming(self._places[partition], records, records[-1].offset + 1) for partition, records in fetched.items() if records]

    async def bounds(self) -> dict[Place, tuple[int, int]]:
        """The first offset and the one after the last of every place."""
        begins = await self._asked(self._consumer.beginning_offsets(self._places))
        ends = await self._asked(self._consumer.end_offsets(self._places))
        return {place: (begins[partition], ends[partition]) for partition, place in self._places.items()}

    async def position(self, place: Place) -> int:
        """The next offset that will be read: past what a transaction left behind, too."""
        return int(await self._asked(self._consumer.position(self._partitions[place])))

    async def tell(self, offsets: Mapping[Place, int]) -> None:
        """Tells the group how far the reading came; that it did not get through is no matter."""
        with contextlib.suppress(BrokerError):
            await self._asked(self._consumer.commit({self._partitions[place]: offset for place, offset in offsets.items()}))

    async def _asked(self, question: Coroutine[Any, Any, Any]) -> Any:
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                return await question
        except (KafkaError, OSError):  # a TimeoutError is an OSError
            raise unreachable(self._settings) from None


@asynccontextmanager
async def open_reader(settings: Settings, topics: Sequence[Topic], group: str) -> AsyncIterator[Reader]:
    """A reader of all partitions of these topics, to be told by `seek` where to begin. BrokerError when one is missing."""
    try:
        consumer, places = await _consumer(settings, topics, group)
        try:
            await consumer.start()
            consumer.assign(list(places))
            yield Reader(settings, consumer, places)
        finally:
            await consumer.stop()
    except asyncio.CancelledError:
        # aiokafka cancels what waits for a connection that is lost; that is no end of ours.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise unreachable(settings) from None
    except OSError:
        raise unreachable(settings) from None
    except KafkaError as error:
        raise BrokerError(f"the broker at {settings.broker} failed: {str(error) or type(error).__name__}") from None


async def _consumer(settings: Settings, topics: Sequence[Topic], group: str) -> tuple[AIOKafkaConsumer, dict[TopicPartition, Place]]:
    places = {
        TopicPartition(settings.topic(topic.name), number): Place(topic.name, number)
        for topic, partitions in (await partitions_of(settings, topics)).items()
        for number in range(partitions)
    }
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
    )
    return consumer, places
