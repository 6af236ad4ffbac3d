"""The counts of the owned partitions come in; what became of all records since the start leaves, and it never falls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from typing import Final

from streamer.score.records import Counts

NAMES: Final = tuple(field.name for field in fields(Counts))


class Tally:
    """A partition that goes leaves its counts behind."""

    def __init__(self) -> None:
        self._gone: Counter[str] = Counter()

    def leave(self, counts: Counts) -> None:
        """A partition is not owned any more."""
        self._gone.update(_by_name(counts))

    def total(self, owned: Iterable[Counts]) -> dict[str, int]:
        """All counts by their names: those of partitions that are gone, and of those that are owned."""
        total = Counter(self._gone)
        for counts in owned:
            total.update(_by_name(counts))
        return {name: total[name] for name in NAMES}


def _by_name(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in NAMES}
