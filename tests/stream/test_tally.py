"""Counts outlive the partitions they were made in."""

from __future__ import annotations

from typing import Any

from streamer.stream.tally import NAMES, Tally
from tests.stream.fake import CountingPartition


def test_counts_never_fall() -> None:
    """A partition that goes leaves its counts behind, and comes back with none."""
    tally, first, second = Tally(), made(read=5, scored=4, rejected=1), made(read=2, scored=2)
    before = tally.counts([first, second])
    assert before == dict.fromkeys(NAMES, 0) | {"read": 7, "scored": 6, "rejected": 1}
    tally.leave(first)
    assert tally.counts([second]) == before
    assert tally.counts([second, made()]) == before
    assert tally.bounds_bitten([second]) == {"evidence": 6}


def made(**counts: int) -> Any:
    """A partition with these counts."""
    leads = CountingPartition(0)
    for name, count in counts.items():
        setattr(leads.counts, name, count)
    return leads
