"""How far a topic's partition is fetched, as aiokafka knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Fetched(NamedTuple):
    """The next offset to fetch, the end of the partition on the broker, and when the broker said so (epoch ms)."""

    position: int
    end: int
    said_at_ms: int


# By the topic's name on the broker; None while the broker has not said anything since the partition was assigned.
FetchedOf = Callable[[str], Fetched | None]
