"""What the seam asks of the scorer, and tells it."""

from __future__ import annotations

from typing import Protocol


class Scoring(Protocol):
    """What the seam needs of the scorer."""

    @property
    def abandoned(self) -> bool:
        """Whether what is scored must not be committed, because the scorer failed or may own nothing any more."""

    def is_ready(self, number: int) -> bool:
        """Whether the partition's rows are recovered, so that its records may come."""

    def assigned(self, numbers: set[int], generation: int) -> None:
        """These are the owned partition numbers from now on; returns at once, recovery follows."""

    def revoked(self) -> None:
        """The owned partitions may have another owner soon; everything is committed."""

    async def settle(self) -> None:
        """Brings all that is scored to its ack; returns at once when that is abandoned."""
