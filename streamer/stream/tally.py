"""The owned partitions come in; what became of all records since the start leaves, and how often each bound bit. It never falls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from typing import Final

from streamer.score.partition import Partition
from streamer.score.records import Counts

NAMES: Final = tuple(field.name for field in fields(Counts))


class Tally:
    """A partition that goes leaves its counts behind."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._bitten: Counter[str] = Counter()

    def leave(self, leads: Partition) -> None:
        """A partition is not owned any more."""
        self._counts.update(_by_name(leads))
        self._bitten.update(leads.bounds_bitten)

    def counts(self, owned: Iterable[Partition]) -> dict[str, int]:
        """All counts by their names: of partitions that are gone, and of those that are owned."""
        total = Counter(self._counts)
        for leads in owned:
            total.update(_by_name(leads))
        return {name: total[name] for name in NAMES}

    def bounds_bitten(self, owned: Iterable[Partition]) -> dict[str, int]:
        """The bounds that bit, by their names, likewise."""
        total = Counter(self._bitten)
        for leads in owned:
            total.update(leads.bounds_bitten)
        return dict(total)


def _by_name(leads: Partition) -> dict[str, int]:
    return {name: getattr(leads.counts, name) for name in NAMES}
