"""Records whose key belongs to another partition number come in; they leave for the right one as they were, unjudged."""

from __future__ import annotations

from typing import NamedTuple

from streamer.score.records import Counts, Headers, RecordLike
from streamer.score.rejecting import Rejects
from topics.forwarding import FORWARDED_HEADER, fits_with_another, forwarded_from
from topics.limits import FORWARDED_HEADERS_BYTES_MAX
from topics.partitions import partition_of
from topics.rejects import Reason, Refusal


class MisplacedError(Exception):
    """A row cannot begin here: its key belongs to another partition number."""


class Forward(NamedTuple):
    """A record on its way to the right partition; `topic` is the name on the broker."""

    topic: str
    number: int
    key: bytes
    value: bytes | None
    timestamp: int
    headers: Headers


class Forwarder:
    """What is forwarded out of one partition number. Where nobody says how many `partitions` there are, that is nothing."""

    def __init__(self, number: int, partitions: int | None, counts: Counts, rejects: Rejects) -> None:
        self._number = number
        self._partitions = partitions
        self._counts = counts
        self._rejects = rejects
        self._forwards: list[Forward] = []

    def require_home(self, key: bytes) -> None:
        """MisplacedError when the key belongs to another partition."""
        if self._partitions is not None and partition_of(key, self._partitions) != self._number:
            raise MisplacedError

    def take(self, topic: str, record: RecordLike) -> None:
        """A misplaced record: it is sent on with the place where it was found; one that was sent to here is rejected, none goes round."""
        origin = forwarded_from(record.headers)
        if origin is not None:
            self._rejects.add(Refusal(Reason.FAILED, f"forwarded from {origin}, and it does not belong here either"), topic, record)
            return
        if not fits_with_another(record.headers):
            detail = f"it does not belong here, and has more than the {FORWARDED_HEADERS_BYTES_MAX} bytes of headers that are forwarded"
            self._rejects.add(Refusal(Reason.TOO_LARGE, detail), topic, record)
            return
        assert self._partitions is not None and record.key is not None
        place = (FORWARDED_HEADER, f"{topic}/{self._number}/{record.offset}".encode())
        number = partition_of(record.key, self._partitions)
        self._counts.forwarded += 1
        self._forwards.append(Forward(topic, number, record.key, record.value, record.timestamp, [*record.headers, place]))

    def drain(self) -> list[Forward]:
        """The records since the last call, in order."""
        forwards, self._forwards = self._forwards, []
        return forwards
