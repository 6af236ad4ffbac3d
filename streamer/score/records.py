"""What the engine reads of a Kafka record, and what becomes of the records it read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes | None]]


class Record(NamedTuple):
    """What is read of a Kafka record; aiokafka's own records have the same attributes."""

    key: bytes | None
    value: bytes | None
    offset: int
    timestamp: int
    headers: Headers = ()


class RecordLike(Protocol):
    """A record of Kafka: `timestamp` is epoch milliseconds."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def headers(self) -> Headers: ...


@dataclass(slots=True)
class Counts:
    """What became of the records read: read is the sum of all the others."""

    read: int = 0
    scored: int = 0
    duplicate: int = 0
    machine: int = 0
    rejected: int = 0
    forwarded: int = 0
    erased: int = 0
    replayed: int = 0
