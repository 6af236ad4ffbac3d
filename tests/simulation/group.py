"""The consumer group: workers join, leave and fall silent; generations and assignments leave, and offsets are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from tests.simulation.broker import Place

SESSION_S = 8.0
REBALANCE_S = 10.0


class Member(Protocol):
    """What the group asks of a worker."""

    def deliver(self, call: Callable[[], object]) -> None:
        """Hands the worker a message; it takes it when it runs."""

    def revoke(self, round_number: int) -> None:
        """The worker shall finish what it owns, then say that it is ready."""

    def assign(self, numbers: set[int], generation: int) -> None:
        """The worker owns these partitions."""

    def evicted(self) -> None:
        """The worker was not heard of for too long."""


class Group:
    """One consumer group."""

    def __init__(self, partitions: int, later: Callable[[float, Callable[[], object]], None]) -> None:
        self.generation = 0
        self.members: list[Member] = []
        self.committed: dict[Place, int] = {}
        self.assignment: dict[int, Member] = {}
        self.zombies: set[Member] = set()
        """The workers that were put out, stood still or failed: what they had sent may arrive whenever it likes."""
        self._partitions = partitions
        self._later = later
        self._round = 0
        self._preparing = False
        self._ready: list[Member] = []

    def join(self, member: Member) -> None:
        """A worker that owns nothing comes."""
        self.rebalance()
        self.members.append(member)
        self._ready.append(member)
        self._complete()

    def leave(self, member: Member) -> None:
        """A worker goes, or is put out."""
        if member in self.members:
            self.members.remove(member)
            self.rebalance()
            self._complete()

    def evict(self, member: Member) -> None:
        """The worker's session has ended."""
        if member in self.members:
            self.zombies.add(member)
            self.leave(member)
            member.deliver(member.evicted)

    def rebalance(self) -> None:
        """All members give up what they own, and get what they own from then on."""
        if self._preparing:
            return
        self._preparing = True
        self._round += 1
        self._ready = []
        round_number = self._round
        for member in self.members:  # mypy infers no type of a lambda with defaults
            member.deliver(lambda member=member: member.revoke(round_number))  # type: ignore[misc]
        self._later(REBALANCE_S, lambda: self._put_out_the_late(round_number))

    def is_ready(self, member: Member, round_number: int) -> None:
        """A worker has finished what it owned."""
        if member in self.members and self._preparing and round_number == self._round:
            self._ready.append(member)
            self._complete()

    def commit(self, member: Member, generation: int, offsets: Mapping[Place, int]) -> bool:
        """Notes offsets, unless the worker is none of this generation."""
        if member not in self.members or generation != self.generation:
            return False
        self.committed.update(offsets)
        return True

    def _put_out_the_late(self, round_number: int) -> None:
        if self._preparing and round_number == self._round:
            for member in [one for one in self.members if one not in self._ready]:
                self.members.remove(member)
                self.zombies.add(member)
                member.deliver(member.evicted)
            self._complete()

    def _complete(self) -> None:
        if not self._preparing or any(member not in self._ready for member in self.members):
            return
        self._preparing = False
        self.generation += 1
        count, turned = len(self.members), self.generation // 2  # every second time partitions change hands
        self.assignment = {number: self.members[(number + turned) % count] for number in range(self._partitions)} if count else {}
        for member in self.members:
            numbers = {number for number, owner in self.assignment.items() if owner is member}
            # As above.
            member.deliver(lambda member=member, numbers=numbers, generation=self.generation: member.assign(numbers, generation))  # type: ignore[misc]
