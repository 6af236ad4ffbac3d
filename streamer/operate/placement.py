"""Where producers put their records: keys and partitions come in; what lies wrong, by whom, and most likely why, leaves as lines."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from streamer.operate.options import counted
from topics.partitions import partition_of


class Placed(Protocol):
    """A record and where it lies."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


class _Published(msgspec.Struct):
    source: str | None = None


_decode = msgspec.json.Decoder(_Published).decode


@dataclass
class Misplaced:
    """What lies in the wrong partition of one topic, of one source."""

    records: int = 0
    as_librdkafka: int = 0
    partitions: set[int] = field(default_factory=set)
    example: str = ""


class Placement:
    """Looks at records of topics that all have the same number of partitions."""

    def __init__(self, partitions: int) -> None:
        self.wrong: dict[tuple[str, str], Misplaced] = {}
        """By topic and by what the events say of their source."""
        self._partitions = partitions
        self._seen: Counter[str] = Counter()

    def look(self, records: Iterable[Placed]) -> None:
        """Some more records; those without a key are rejected by the scorer anyway."""
        for record in records:
            if not record.key:
                continue
            self._seen[record.topic] += 1
            right = partition_of(record.key, self._partitions)
            if record.partition != right:
                found = self.wrong.setdefault((record.topic, _source(record.value)), Misplaced())
                found.records += 1
                found.as_librdkafka += record.partition == zlib.crc32(record.key) % self._partitions
                found.partitions.add(record.partition)
                key = record.key.decode(errors="backslashreplace")
                found.example = f"key {key} lies in partition {record.partition}, expected {right}"

    def lines(self, topics: Iterable[str]) -> Iterator[str]:
        """One line for each topic whose keys lie right, one for each source whose keys do not."""
        for topic in topics:
            wrong = {source: found for (name, source), found in self.wrong.items() if name == topic}
            if not wrong:
                yield f"right    {topic}: {counted(self._seen[topic], 'newest record')} looked at"
            for source, found in sorted(wrong.items()):
                numbers = ",".join(str(number) for number in sorted(found.partitions))
                share = f"{counted(found.records, 'record')} of {self._seen[topic]:,}"
                yield f"wrong    {topic}: {share}, from {source}, in partitions {numbers}: {found.example}; {_cause(found)}"


def _cause(found: Misplaced) -> str:
    if found.as_librdkafka == found.records:
        return 'librdkafka\'s default partitioner: set "partitioner": "murmur2_random" in that producer'
    return "not Kafka's default partitioner (murmur2 of the key): the producer has one of its own, or partitions were added to the topic"


def _source(value: bytes | None) -> str:
    try:
        source = _decode(value or b"{}").source
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        source = None
    return f"source {source}" if source else "a source without a name"
