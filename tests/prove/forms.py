"""How large a proof is, and a seed, come in; the faults leave, in their order.

Kinds of faults, and what each needs, stand in one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

WORKERS_MAX: Final = 3

KINDS: Final[dict[str, str]] = {
    "kill": "kill -9 of a worker, and a new one in its place",
    "kill in recovery": "kill -9 of a worker, and of the next one while it reads the changelog",
    "deploy": "SIGTERM of a worker, and one with another version of the model beside those that stay",
    "freeze": "SIGSTOP of a worker until others own what it had, then SIGCONT",
    "broker": "kill -9 or SIGTERM of a broker, and its new start",
    "more": "one worker more",
    "fewer": "SIGTERM of a worker, and none in its place",
}
CHANGES: Final = {"more": 1, "fewer": -1}
WORKERS_MIN: Final = {"deploy": 2, "freeze": 2, "fewer": 2}


@dataclass(frozen=True)
class Form:
    """The size of a proof."""

    name: str
    brokers: int
    partitions: int
    events: int
    days: int
    faults: dict[str, int]

    def plan(self, rng: Random) -> list[str]:
        """The faults in an order that can be done: it begins with one worker."""
        kinds = [kind for kind, count in self.faults.items() for _ in range(count)]
        while not _can_be_done(kinds):
            rng.shuffle(kinds)
        return kinds


def _can_be_done(kinds: Sequence[str]) -> bool:
    workers = 1
    most = 1
    for kind in kinds:
        if workers < WORKERS_MIN.get(kind, 1):
            return False
        workers += CHANGES.get(kind, 0)
        most = max(most, workers)
        if workers > WORKERS_MAX:
            return False
    return most == WORKERS_MAX and workers == 2


SHORT: Final = Form(
    "short",
    brokers=1,
    partitions=6,
    events=100_000,
    days=3,
    faults={"kill": 3, "kill in recovery": 1, "deploy": 3, "freeze": 2, "broker": 2, "more": 3, "fewer": 2},
)
LONG: Final = Form(
    "long",
    brokers=3,
    partitions=12,
    events=1_000_000,
    days=5,
    faults={"kill": 24, "kill in recovery": 6, "deploy": 24, "freeze": 10, "broker": 15, "more": 12, "fewer": 11},
)
