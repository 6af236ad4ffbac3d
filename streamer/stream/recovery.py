"""A partition number comes in; its leads' rows, read from the changelog's beginning to its end, leave into the partition.

The reader is a consumer of its own without a group, so a long recovery costs no session. Rows are taken raw: of two rows
of one lead the partition keeps the one further on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streamer.score.records import RecordLike
from streamer.settings import Settings
from streamer.stream.connection import client_options
from streamer.stream.records import raw

FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
FETCH_WAIT_MS: Final = 200
AGAIN_S: Final = 1.0
# Rows that are restored before other partitions get their turn.
SLICE_ROWS: Final = 2000


async def read_changelog(
    settings: Settings, topic: str, number: int, restore: Callable[[bytes, bytes | None], None], on_rows: Callable[[int], None]
) -> int:
    """Gives every row of one changelog partition to `restore`, in order, and returns how many there were. Raises KafkaError.

    `on_rows` is told how many more there were, now and then. While the broker is away it is waited for, and then read anew: to
    restore a row twice changes nothing.
    """
    while True:
        try:
            return await _read(settings, topic, number, restore, on_rows)
        except KafkaError as error:
            if not (error.retriable or isinstance(error, KafkaTimeoutError)):
                raise
        await asyncio.sleep(AGAIN_S)


async def _read(
    settings: Settings, topic: str, number: int, restore: Callable[[bytes, bytes | None], None], on_rows: Callable[[int], None]
) -> int:
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        key_deserializer=raw,
        # Also where the guarantee is at least once: it may have been exactly once before.
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
    try:
        await consumer.start()
        partition = TopicPartition(topic, number)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        rows = 0
        # The position counts, not the rows: compaction and transaction markers leave gaps in the offsets.
        while await consumer.position(partition) < end:
            fetched = await consumer.getmany(partition, timeout_ms=FETCH_WAIT_MS)
            for records in fetched.values():
                await _restore(records, restore)
                rows += len(records)
                on_rows(len(records))
        return rows
    finally:
        await consumer.stop()


async def _restore(records: Sequence[RecordLike], restore: Callable[[bytes, bytes | None], None]) -> None:
    for start in range(0, len(records), SLICE_ROWS):
        for record in records[start : start + SLICE_ROWS]:
            if record.key is not None:
                restore(record.key, record.value)
        await asyncio.sleep(0)
