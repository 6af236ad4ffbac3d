"""A group in which one works: who gets the partitions."""

from __future__ import annotations

from aiokafka.cluster import ClusterMetadata
from aiokafka.structs import PartitionMetadata

from streamer.stream.single import OneForAllAssignor

TOPICS = ("alerts", "erasures")


def test_one_member_gets_everything() -> None:
    """All partitions of all topics go to one member, and the others get nothing; the choice is the same for every leader."""
    cluster = ClusterMetadata()
    for topic in TOPICS:
        cluster._partitions[topic] = {number: PartitionMetadata(topic, number, 0, [0], [0], None) for number in range(3)}
    metadata = OneForAllAssignor.metadata(TOPICS)
    for members in (["b", "a", "c"], ["c", "b", "a"]):
        shares = OneForAllAssignor.assign(cluster, dict.fromkeys(members, metadata))
        assert {member: share.assignment for member, share in shares.items()} == {
            "a": [("alerts", [0, 1, 2]), ("erasures", [0, 1, 2])],
            "b": [],
            "c": [],
        }
