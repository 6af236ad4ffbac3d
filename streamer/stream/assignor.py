"""Members of the consumer group come in, with what they own; who owns which partition numbers leaves.

A worker owns the same numbers of all its topics, so everything about a lead is in one place. Counts differ by at most
one, and a number moves only when that must be so: each move costs its new owner a recovery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

VERSION = 0


class Claim(msgspec.Struct, array_like=True):
    """What a member tells the leader: the numbers it owned in its newest round. A later round wins a contradiction."""

    round: int = 0
    numbers: list[int] = []


def share_out(partitions: int, claims: Mapping[str, Claim]) -> dict[str, list[int]]:
    """The numbers 0 to `partitions` - 1 shared among the members: balanced to one, and where possible as claimed."""
    owned = _undisputed(partitions, claims)
    least, extra = divmod(partitions, len(claims))
    # Those who own more keep the odd ones, so that as few as possible move.
    for member in sorted(owned, key=lambda member: (-len(owned[member]), member)):
        quota = least + (1 if extra > 0 else 0)
        extra -= 1
        del owned[member][quota:]
    taken = {number for numbers in owned.values() for number in numbers}
    for number in range(partitions):
        if number not in taken:
            owned[min(owned, key=lambda member: (len(owned[member]), member))].append(number)
    return {member: sorted(numbers) for member, numbers in owned.items()}


def _undisputed(partitions: int, claims: Mapping[str, Claim]) -> dict[str, list[int]]:
    owned: dict[str, list[int]] = {member: [] for member in sorted(claims)}
    taken: set[int] = set()
    for member in sorted(claims, key=lambda member: (-claims[member].round, member)):
        for number in sorted(set(claims[member].numbers)):
            if 0 <= number < partitions and number not in taken:
                taken.add(number)
                owned[member].append(number)
    return owned


class CopartitionedAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
    """Sticky, co-partitioned, balanced. An instance belongs to one consumer: it remembers what that consumer owns."""

    name = "streamer"

    def __init__(self) -> None:
        self._claim = Claim()

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What this member tells the group's leader."""
        return ConsumerProtocolMemberMetadata(VERSION, sorted(topics), msgspec.msgpack.encode(self._claim))

    def assign(
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """The leader's work. A member gets its numbers of the topics it subscribes to; all topics have as many partitions."""
        claims = {member: _read_claim(metadata.user_data) for member, metadata in members.items()}
        counts = {topic: len(cluster.partitions_for_topic(topic) or ()) for metadata in members.values() for topic in metadata.subscription}
        shares = share_out(max(counts.values(), default=0), claims)
        round_number = 1 + max(claim.round for claim in claims.values())
        return {
            member: ConsumerProtocolMemberAssignment(
                VERSION,
                [(topic, [number for number in shares[member] if number < counts[topic]]) for topic in sorted(metadata.subscription)],
                msgspec.msgpack.encode(Claim(round_number, shares[member])),
            )
            for member, metadata in members.items()
        }

    def on_assignment(self, assignment: Any) -> None:
        """This member's share is known; it will be claimed at the next rebalance."""
        self._claim = _read_claim(assignment.user_data)


def _read_claim(user_data: bytes) -> Claim:
    try:
        return msgspec.msgpack.decode(user_data or b"", type=Claim)
    except msgspec.DecodeError:
        return Claim()  # a member of another kind claims nothing
