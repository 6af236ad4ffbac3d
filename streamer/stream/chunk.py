"""A chunk: the unit of work of the stream. Records of one partition number come in runs of one topic; offsets to commit leave.

One chunk is one Faust message, so that Faust's cost of a message is paid once for up to a thousand records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faust.types import TP, ConsumerMessage

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


def message_of(chunk: Chunk, generation: int) -> ConsumerMessage:
    """The chunk as a message of Faust's, read in this generation of the group.

    Faust asks for one topic and offset of a message, to find its stream and to drop what was read before.
    """
    topic, next_offset = next(iter(chunk.next_offsets.items()))
    tp = TP(topic, chunk.number)
    value: Any = chunk
    return ConsumerMessage(topic, chunk.number, next_offset - 1, 0.0, 0, None, None, value, None, 0, 0, tp, generation_id=generation)
