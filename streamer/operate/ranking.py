"""The newest number of every lead: records of lead-scores come in, where the highest are leaves.

Only a number and a place are kept of each record, so that a million leads fit; the records themselves are read again.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import msgspec

from topics.alerts import Number, Scores

TOTAL = "total"


class Place(NamedTuple):
    """A lead's number, and where its newest scores are."""

    number: Number
    partition: int
    offset: int
    key: bytes


class _Numbers(msgspec.Struct, gc=False):
    total: Number
    scores: Scores


_decode = msgspec.json.Decoder(_Numbers).decode


class Ranking:
    """All leads by one score, as far as their records were told; those of one lead come in their order."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._places: dict[bytes, Place] = {}
        self.scores = {TOTAL}
        """The names of all scores that were seen."""

    def take(self, key: bytes, value: bytes | None, partition: int, offset: int) -> None:
        """A record of lead-scores; an empty value is a lead that was erased."""
        self._places.pop(key, None)
        if value is not None:
            numbers = _decode(value)
            self.scores.update(numbers.scores)
            number = number_of(numbers.total, numbers.scores, self._name)
            if number is not None:
                self._places[key] = Place(number, partition, offset, key)

    def best(self, limit: int) -> list[Place]:
        """The highest, the highest first."""
        return heapq.nlargest(limit, self._places.values())


def number_of(total: Number, scores: Scores, name: str) -> Number | None:
    """What a lead has of `total`, a score or `product[mens]`; of a score by category without one, the most of any."""
    if name == TOTAL:
        return total
    score, _, category = name.removesuffix("]").partition("[")
    found = scores.get(score)
    if isinstance(found, dict):
        return found.get(category) if category else max(found.values(), default=None)
    return None if category else found
