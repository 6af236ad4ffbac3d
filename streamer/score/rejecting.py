"""Records of one partition number that are refused come in; their messages for `rejected-events` leave."""

from __future__ import annotations

from streamer.score.records import Counts, RecordLike
from topics.rejects import Refusal, encode_reject


class Rejects:
    """The rejected records of one partition number."""

    def __init__(self, number: int, counts: Counts) -> None:
        self._number = number
        self._counts = counts
        self._rejects: list[tuple[bytes | None, bytes, int]] = []

    def add(self, refusal: Refusal, topic: str, record: RecordLike) -> None:
        """Counts a record as rejected; `topic` is the name on the broker."""
        self._counts.rejected += 1
        message = encode_reject(refusal, topic, self._number, record.offset, record.key, record.value)
        self._rejects.append((record.key, message, record.timestamp))

    def drain(self) -> list[tuple[bytes | None, bytes, int]]:
        """The rejects since the last call: key, JSON, and the time of the rejected record."""
        rejects, self._rejects = self._rejects, []
        return rejects
