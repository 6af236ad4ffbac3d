"""A chunk: the unit of work of the stream. Records of one partition number come in runs of one topic; offsets to commit leave.

One chunk is one Faust message, so that Faust's cost of a message is paid once for up to a thousand records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamer.score.records import RecordLike
from topics.registry import Topic


@dataclass(slots=True, eq=False)
class Chunk:
    """Runs of records of one partition number, in the order in which they are scored.

    `next_offsets` holds for each topic's name on the broker the offset to commit once the chunk is acked.
    """

    number: int
    runs: Sequence[tuple[Topic, Sequence[RecordLike]]]
    count: int
    next_offsets: dict[str, int]
    scored: bool = False
    acked: bool = False

    def mark_scored(self) -> None:
        """The records are applied: only their offsets are needed from here on, so their memory goes."""
        self.scored = True
        self.runs = ()
