"""Reads topics outside of any consumer group: topic names come in, their records leave in batches, to their end or without one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
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
    partition: int = 0
    offset: int = 0


class Batch(NamedTuple):
    """Records, and whether all that was there at the beginning has been read with them."""

    records: list[Followed]
    is_caught_up: bool
    done: int
    """How many offsets of what was there at the beginning are behind; of `of` there are in all."""
    of: int


async def follow(settings: Settings, names: Sequence[str]) -> AsyncGenerator[list[Followed], None]:
    """All records of these topics from their start, without end; the topics must exist. Close it when you had enough."""
    async with aclosing(read(settings, names)) as batches:
        async for batch in batches:
            if batch.records:
                yield batch.records


async def read(
    settings: Settings, names: Sequence[str], *, partition: int | None = None, newest: int | None = None
) -> AsyncGenerator[Batch, None]:
    """The records of these topics, without end: of all partitions or of one, all or about the `newest` of each.

    The batch in which the end of what was there at the beginning is reached may be empty. Close it when you had enough.
    """
    topics = {settings.topic(name): name for name in names}
    numbers = range(settings.partitions) if partition is None else [partition]
    places = [TopicPartition(topic, number) for topic in topics for number in numbers]
    async with _consumer(settings) as consumer:
        consumer.assign(places)
        starts: dict[Any, int] = await consumer.beginning_offsets(places)
        ends: dict[Any, int] = await consumer.end_offsets(places)
        if newest is not None:
            starts = {place: max(start, ends[place] - newest) for place, start in starts.items()}
        for place, start in starts.items():
            consumer.seek(place, start)
        of = sum(ends[place] - start for place, start in starts.items())
        left = {place for place, start in starts.items() if start < ends[place]}
        while True:
            fetched: dict[Any, list[Any]] = await consumer.getmany(timeout_ms=200)
            # The position counts, not the records: compaction and transaction markers leave gaps in the offsets.
            ahead = {place: await consumer.position(place) for place in left}
            left = {place for place, position in ahead.items() if position < ends[place]}
            records = [
                Followed(topics[place.topic], record.key, record.value, place.partition, record.offset)
                for place, records in fetched.items()
                for record in records
            ]
            yield Batch(records, not left, of - sum(ends[place] - ahead[place] for place in left), of)


async def read_to_end(
    settings: Settings, names: Sequence[str], *, partition: int | None = None, newest: int | None = None
) -> AsyncGenerator[Batch, None]:
    """Like `read`, and ends with what was there at the beginning. What came meanwhile may be in it."""
    async with aclosing(read(settings, names, partition=partition, newest=newest)) as batches:
        async for batch in batches:
            yield batch
            if batch.is_caught_up:
                return


async def read_records(settings: Settings, name: str, places: Sequence[tuple[int, int]]) -> list[Followed]:
    """The records of a topic at these (partition, offset); where compaction took one meanwhile, the next one after it."""
    found: list[Followed] = []
    async with _consumer(settings) as consumer:
        for number, offset in places:
            place = TopicPartition(settings.topic(name), number)
            consumer.assign([place])
            consumer.seek(place, offset)
            record = await consumer.getone(place)
            found.append(Followed(name, record.key, record.value, number, record.offset))
    return found


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=50,
        enable_auto_commit=False,
    )
    try:
        await consumer.start()
        yield consumer
    except OSError:
        raise unreachable(settings) from None
    except KafkaError as error:
        raise BrokerError(f"the broker at {settings.broker} failed: {str(error) or type(error).__name__}") from None
    finally:
        await consumer.stop()
