"""Raw records against aiokafka's own: the same offsets and positions, without a ConsumerRecord each."""

from __future__ import annotations

import asyncio
import gc
import gzip
import weakref
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import OffsetResetStrategy
from aiokafka.consumer.subscription_state import TopicPartitionState
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

from streamer.stream.records import MemoryRecords, raw

PARTITION = TopicPartition("page-views", 0)
# Where things are in a batch, and the bit of a batch that ends a transaction.
CHECKSUM, ATTRIBUTES, CONTROL = 17, 22, 0x20


class Assignment:
    """As much of aiokafka's assignment as a fetch asks for: one partition and its position."""

    active = True
    paused = False
    has_valid_position = True

    def __init__(self, position: int) -> None:
        self.position = position

    def state_value(self, partition: TopicPartition) -> Assignment:
        """The state of the one partition."""
        return self

    def consumed_to(self, position: int) -> None:
        """The position moves."""
        self.position = position


def batch(first_offset: int, *offsets: int, transaction_of: int = -1) -> bytes:
    """A batch of records on the wire, with these offsets; in a transaction where a producer id is given."""
    builder = DefaultRecordBatchBuilder(2, 0, transaction_of >= 0, transaction_of, 0 if transaction_of >= 0 else -1, 0, 1 << 20)
    for offset in offsets:
        builder.append(offset - first_offset, timestamp=1_000 + offset, key=b"key", value=b"%d" % offset, headers=[])
    data = bytearray(builder.build())
    data[:8] = first_offset.to_bytes(8, "big")
    return bytes(data)


def marker(offset: int, producer: int, *, commits: bool) -> bytes:
    """The record that ends a transaction."""
    builder = DefaultRecordBatchBuilder(2, 0, 1, producer, 0, -1, 1 << 20)
    builder.append(0, timestamp=0, key=b"\0\0\0" + bytes([commits]), value=b"\0" * 6, headers=[])
    data = bytearray(builder.build())
    data[:8] = offset.to_bytes(8, "big")
    data[ATTRIBUTES] |= CONTROL
    data[CHECKSUM : CHECKSUM + 4] = calc_crc32c(bytes(data[ATTRIBUTES - 1 :])).to_bytes(4, "big")
    return bytes(data)


def fetched(position: int, *batches: bytes, deserializer: Any = raw, aborted: Any = (), isolation: int = 0) -> tuple[list[Any], int]:
    """What a fetch of these batches gives, and the position after it."""
    assignment = Assignment(position)
    data = MemoryRecords(b"".join(batches))
    records = fetcher.PartitionRecords(PARTITION, data, list(aborted), position, deserializer, None, True, isolation)
    result = fetcher.FetchResult(PARTITION, assignment=assignment, partition_records=records, backoff=0)
    got = result.getall(None)
    assert not result.has_more()
    return got, assignment.position


@pytest.mark.parametrize(
    ("position", "batches"),
    [
        (0, [batch(0, 0, 1, 2)]),
        (0, [batch(0, 0, 1), batch(2, 2, 3, 4)]),
        (3, [batch(0, 0, 1, 2, 3, 4)]),
        (0, [batch(0, 1, 5), batch(9, 11, 12)]),
        (5, [batch(0, 0, 1), batch(7, 7)]),
    ],
)
def test_raw_records_are_those_that_aiokafka_gives(position: int, batches: list[bytes]) -> None:
    """The same offsets, keys, values, timestamps and position, from whole batches, from their middle, and with gaps."""
    ours, our_position = fetched(position, *batches)
    theirs, their_position = fetched(position, *batches, deserializer=None)
    assert [(one.offset, one.key, one.value, one.timestamp) for one in ours] == [
        (one.offset, one.key, one.value, one.timestamp) for one in theirs
    ]
    assert our_position == their_position


def test_readers_of_committed_records_do_not_see_aborted_ones() -> None:
    """Of two producers' transactions in between one another only the committed one's records come; a later one of both does."""
    batches = [
        batch(0, 0, transaction_of=7),
        batch(1, 1, transaction_of=8),
        batch(2, 2),
        marker(3, 7, commits=False),
        marker(4, 8, commits=True),
        batch(5, 5, transaction_of=7),
        marker(6, 7, commits=True),
    ]
    for isolation, offsets in ((fetcher.READ_COMMITTED, [1, 2, 5]), (fetcher.READ_UNCOMMITTED, [0, 1, 2, 5])):
        ours, position = fetched(0, *batches, aborted=[(7, 0)], isolation=isolation)
        theirs, their_position = fetched(0, *batches, aborted=[(7, 0)], isolation=isolation, deserializer=None)
        assert [record.offset for record in ours] == [record.offset for record in theirs] == offsets
        assert position == their_position == 7


def test_a_fetch_is_freed_without_the_collector() -> None:
    """The collector is off while events are scored: a fetch in a cycle would stay, a megabyte each."""
    records = fetcher.PartitionRecords(PARTITION, MemoryRecords(batch(0, 0, 1)), [], 0, raw, None, True, 0)
    freed = weakref.ref(records)
    result = fetcher.FetchResult(PARTITION, assignment=Assignment(0), partition_records=records, backoff=0)
    del records
    gc.disable()
    try:
        assert len(result.getall(None)) == 2
        assert freed() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("codec", [0, 1])
def test_a_header_whose_name_is_not_utf8_is_read(codec: int) -> None:
    """Kafka takes any bytes there; the record is as good as any, and those around it are too."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, 0, 1 << 20)
    for number in range(3):
        builder.append(number, timestamp=7, key=b"key", value=b"%d" % number, headers=[("n\u00e4me", b"\xff"), ("plain", None)])
    data = bytearray(builder.build())
    if codec:
        head, records = data[:61], gzip.compress(gzip.decompress(data[61:]).replace(b"n\xc3\xa4me", b"n\xffxme"))
        data = head + records
        data[8:12] = (len(data) - 12).to_bytes(4, "big")
    else:
        data = data.replace(b"n\xc3\xa4me", b"n\xffxme")
    data[CHECKSUM : CHECKSUM + 4] = calc_crc32c(bytes(data[ATTRIBUTES - 1 :])).to_bytes(4, "big")
    data[:8] = (2).to_bytes(8, "big")
    got, position = fetched(0, batch(0, 0, 1), bytes(data), batch(5, 5))
    assert [record.offset for record in got] == [0, 1, 2, 3, 4, 5]
    assert got[2].headers == [("n\\xffxme", b"\xff"), ("plain", None)]
    assert (got[3].key, got[3].value, got[3].timestamp, position) == (b"key", b"1", 7, 6)


def test_other_consumers_keep_their_records() -> None:
    """A consumer that does not ask for raw records gets aiokafka's, with topic and partition."""
    (record,), _ = fetched(0, batch(0, 0), deserializer=None)
    assert (record.topic, record.partition) == PARTITION


def test_what_was_fetched_of_a_lost_place_is_dropped() -> None:
    """A place that is looked for anew while records of it wait here is no error: they are dropped, and come again from there."""

    async def lost() -> list[Any]:
        state = TopicPartitionState(None)
        state.seek(0)
        assignment = Assignment(0)
        assignment.state_value = lambda _: state  # type: ignore[method-assign,assignment]  # aiokafka's own
        records = fetcher.PartitionRecords(PARTITION, MemoryRecords(batch(0, 0, 1)), [], 0, raw, None, True, 0)
        result = fetcher.FetchResult(PARTITION, assignment=assignment, partition_records=records, backoff=0)
        state.await_reset(OffsetResetStrategy.EARLIEST)
        return [result.getall(None), result.has_more()]

    assert asyncio.run(lost()) == [[], False]


def test_a_broken_batch_is_refused() -> None:
    """A checksum that is wrong raises; the position stays, so nothing is skipped."""
    data = bytearray(batch(0, 0, 1))
    data[-1] ^= 0xFF
    with pytest.raises(CorruptRecordException):
        fetched(0, bytes(data))
