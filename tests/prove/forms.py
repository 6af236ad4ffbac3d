"""How large a proof is, and a seed, come in; the faults leave, in their order.

Kinds of faults, and what each needs, stand in one table.
"""

from __future__ import annotations

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
        """The faults in an order that can be done: from one worker to three, to two at the end, and in between as it comes."""
        while (order := self._tried(rng)) is None:
            pass
        return order

    def _tried(self, rng: Random) -> list[str] | None:
        left = [kind for kind, count in self.faults.items() for _ in range(count)]
        order: list[str] = []
        workers = most = 1
        while possible := [kind for kind in left if WORKERS_MIN.get(kind, 1) <= workers <= WORKERS_MAX - CHANGES.get(kind, 0)]:
            kind = rng.choice(possible)
            left.remove(kind)
            order.append(kind)
            workers += CHANGES.get(kind, 0)
            most = max(most, workers)
        return order if not left and most == WORKERS_MAX else None


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
