"""aiokafka's fetched batches come in; its raw records leave, for consumers that ask for them with `key_deserializer=raw`.

A ConsumerRecord for each record costs more than scoring it. The raw record has `key`, `value`, `offset` and `timestamp`,
which is all that is read here. Consumers that do not ask keep what they know.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record import memory_records
from aiokafka.record.default_records import _DefaultRecordBatchPy

# A batch begins with its first offset and the length of the rest.
_BATCH_HEAD: Final = Struct(">qi")


def raw(key: bytes | None) -> bytes | None:
    """Marks a consumer as one of raw records; it would leave keys as they are."""
    return key


class MemoryRecords(memory_records.MemoryRecords):  # type: ignore[misc]  # a variable there: the class in C, or that in Python
    """The batches of one fetch, and the bytes that they are in."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class _Lenient(bytearray):
    """Bytes whose slices become text whatever they are."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Lenient(found) if isinstance(place, slice) else found

    def decode(self, *_: Any) -> str:
        return super().decode("utf-8", "backslashreplace")


class FetchResult(fetcher.FetchResult):  # type: ignore[misc]  # aiokafka has no types
    """One fetch of one partition, handed out at once."""

    _partition_records: Any

    def check_assignment(self, tp: Any) -> bool:
        """Whether the records go on from where the partition is read; they are dropped if not.

        A partition whose leader has changed may be asked for at two brokers. When the old one says that there is no such offset, the
        place is looked for anew, and aiokafka would fail on what the new one gave.
        """
        if self._assignment.active and not self._assignment.state_value(tp).has_valid_position:
            self._partition_records = None
            return False
        return bool(super().check_assignment(tp))

    def getall(self, max_records: int | None = None) -> list[Any]:
        """All records of the fetch, and the position moves behind it."""
        records = self._partition_records
        if records is None or max_records is not None or records._key_deserializer is not raw:
            return super().getall(max_records)  # type: ignore[no-any-return]  # aiokafka has no types
        if not self.check_assignment(self._topic_partition):
            return []
        drained = _drain(records)
        self._update_position()
        # A generator that was never run refers to the fetch and is referred to by it: a cycle of a megabyte, and no collector runs.
        records._records_iterator = None
        self._partition_records = None
        return drained


def _drain(fetched: fetcher.PartitionRecords) -> list[Any]:
    batches = fetched._records
    drained: list[Any] = []
    while batches.has_next():
        batch = batches.next_batch()
        if fetched._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {fetched._tp}")
        if not _is_aborted(fetched, batch) and not batch.is_control_batch:
            records = _records_of(batch, batches)
            # A fetch begins with the whole batch that holds its offset.
            if records and records[0].offset < fetched.next_fetch_offset:
                records = [record for record in records if record.offset >= fetched.next_fetch_offset]
            drained += records
        # The batch knows its last offset even where compaction has taken the record.
        fetched.next_fetch_offset = batch.next_offset
    return drained


def _records_of(batch: Any, batches: Any) -> list[Any]:
    try:
        return list(batch)
    except UnicodeDecodeError:
        # The name of a header is no UTF-8, which Kafka takes. aiokafka's reader in C refuses it; the one in Python can be talked round.
        data, place = batches.data, 0
        while True:
            first_offset, length = _BATCH_HEAD.unpack_from(data, place)
            end = place + _BATCH_HEAD.size + length
            if first_offset == batch.base_offset:
                readable = _DefaultRecordBatchPy(data[place:end])
                readable._maybe_uncompress()
                readable._buffer = _Lenient(readable._buffer)
                return list(readable)
            place = end


def _is_aborted(fetched: fetcher.PartitionRecords, batch: Any) -> bool:
    """Whether a reader of committed records must not see the batch; the batches have to come in their order."""
    if fetched._isolation_level != fetcher.READ_COMMITTED or batch.producer_id is None:
        return False
    fetched._consume_aborted_up_to(batch.base_offset)
    if batch.is_control_batch and fetched._contains_abort_marker(batch):
        fetched._aborted_producers.discard(batch.producer_id)
    return bool(batch.is_transactional and batch.producer_id in fetched._aborted_producers)


fetcher.FetchResult = FetchResult
fetcher.MemoryRecords = MemoryRecords
