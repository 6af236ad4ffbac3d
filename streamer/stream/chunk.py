"""A chunk: the unit of work of the stream. Records of one partition number come in runs of one topic; offsets to commit leave.

One chunk is one Faust message, so that Faust's cost of a message is paid once for up to a thousand records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamer.score.records import RecordLike
from topics.registry import Topic


class LostChunkError(Exception):
    """Records were handed out and did not arrive; nothing after them may be committed."""


@dataclass(slots=True, eq=False)
class Chunk:
    """Runs of records of one partition number, in the order in which they are scored.

    `next_offsets` holds for each topic's name on the broker the offset to commit once the chunk is acked.
    """

    number: int
    runs: Sequence[tuple[Topic, Sequence[RecordLike]]]
    count: int
    next_offsets: dict[str, int]
    follows: Chunk | None = None
    """The chunk that was handed out before this one, and is not acked."""
    scored: bool = False
    acked: bool = False

    def require_turn(self) -> None:
        """LostChunkError when the chunk before was handed out and never came: its offsets would be committed with this one's."""
        if self.follows is not None and not self.follows.scored:
            raise LostChunkError(f"a chunk of partition {self.number} was handed out and not scored")

    def mark_scored(self) -> None:
        """The records are applied: only their offsets are needed from here on, so their memory goes."""
        self.scored = True
        self.runs = ()
        self.follows = None
