"""Chunks come in as they are handed out and as they are acked, in any order; offsets that may be committed leave, in order.

Nothing is committed past a chunk that is not acked. Offsets that do not exist (transaction markers, compacted records)
need no care: a chunk says where the next one begins, not which offsets it had.
"""

from __future__ import annotations

from collections import defaultdict, deque

from streamer.stream.chunk import Chunk


class Ledger:
    """What is handed out of each partition number and not acked, and what may be committed of each topic."""

    def __init__(self) -> None:
        self._open: defaultdict[int, deque[Chunk]] = defaultdict(deque)
        self._records: defaultdict[int, int] = defaultdict(int)
        self._acked: defaultdict[int, int] = defaultdict(int)
        self._committable: dict[tuple[str, int], int] = {}

    def hand_out(self, chunk: Chunk) -> None:
        """A chunk is about to be scored; the chunks of one partition number must come in the order of their offsets."""
        chunk.follows = self.last(chunk.number)
        self._open[chunk.number].append(chunk)
        self._records[chunk.number] += chunk.count

    def ack(self, chunk: Chunk) -> list[tuple[str, int]]:
        """A chunk's outputs and rows are safe; the (topic, partition) pairs with a new offset to commit leave."""
        chunk.acked = True
        chunks = self._open[chunk.number]
        advanced: dict[tuple[str, int], int] = {}
        while chunks and chunks[0].acked:
            done = chunks.popleft()
            self._records[done.number] -= done.count
            self._acked[done.number] += done.count
            advanced.update({(topic, done.number): offset for topic, offset in done.next_offsets.items()})
        self._committable.update(advanced)
        return list(advanced)

    def take_committable(self, topic: str, number: int) -> int | None:
        """The offset to commit of this topic and partition, once; None when there is nothing new."""
        return self._committable.pop((topic, number), None)

    def records_open(self, number: int) -> int:
        """How many records of this partition number are handed out and not acked."""
        return self._records[number]

    def records_acked(self, number: int) -> int:
        """How many records of this partition number were acked since the start of the worker."""
        return self._acked[number]

    def last(self, number: int) -> Chunk | None:
        """The chunk of this partition number that was handed out last, unless all are acked."""
        chunks = self._open[number]
        return chunks[-1] if chunks else None

    def clear(self) -> None:
        """The partitions are gone: what was not committed will be read again by their next owner."""
        self._open.clear()
        self._records.clear()
        self._committable.clear()
