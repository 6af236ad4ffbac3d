"""Who owns which partition numbers: members with their claims in, shares out."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from streamer.stream.assignor import Claim, CopartitionedAssignor, share_out

TOPICS = ["calls", "page-views"]


class Cluster:
    """As much of aiokafka's cluster metadata as an assignor asks for."""

    def __init__(self, **partitions: int) -> None:
        self.partitions = {name.replace("_", "-"): count for name, count in partitions.items()}

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """The partition numbers of a topic, None if it is not there."""
        return set(range(self.partitions[topic])) if topic in self.partitions else None


def rebalanced(cluster: Cluster, members: dict[str, CopartitionedAssignor], topics: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """One rebalance of these members, led by one of them, as aiokafka does it."""
    told = {member: assignor.metadata((topics or {}).get(member, TOPICS)) for member, assignor in members.items()}
    leader = next(iter(members.values()))
    assignments = leader.assign(cluster, told)
    for member, assignor in members.items():
        assignor.on_assignment(assignments[member])
    return assignments


def numbers_of(assignment: Any) -> dict[str, set[int]]:
    """A member's partition numbers by topic."""
    return {topic: set(numbers) for topic, numbers in assignment.assignment}


@pytest.mark.parametrize("seed", range(60))
def test_random_joins_and_leaves_keep_the_laws(seed: int) -> None:
    """Balanced to one, co-partitioned, nothing lost or owned twice; nobody gets a number while another keeps too many."""
    rng = random.Random(seed)
    partitions = rng.choice([1, 3, 4, 7, 12, 24])
    cluster = Cluster(page_views=partitions, calls=partitions)
    members = {"member-0": CopartitionedAssignor()}
    owned: dict[str, set[int]] = {}
    for step in range(1, 25):
        before = dict(owned)
        if len(members) < 4 and (len(members) == 1 or rng.random() < 0.5):
            members[f"member-{rng.randrange(10**6)}-{step}"] = CopartitionedAssignor()
        else:
            del members[rng.choice(sorted(members))]
        shuffled = dict(rng.sample(sorted(members.items(), key=lambda item: item[0]), len(members)))
        assignments = rebalanced(cluster, shuffled)
        for assignment in assignments.values():
            by_topic = numbers_of(assignment)
            assert by_topic["calls"] == by_topic["page-views"]
        owned = {member: numbers_of(assignment)["calls"] for member, assignment in assignments.items()}
        assert sorted(number for numbers in owned.values() for number in numbers) == list(range(partitions))
        sizes = [len(numbers) for numbers in owned.values()]
        assert max(sizes) - min(sizes) <= 1
        moved = sum(len(numbers - before.get(member, set())) for member, numbers in owned.items())
        assert moved == moves_needed(before, set(members), partitions)


def moves_needed(before: dict[str, set[int]], members: set[str], partitions: int) -> int:
    """The fewest numbers that must change their owner for a balance to one."""
    least, extra = divmod(partitions, len(members))
    kept = sorted((len(before.get(member, ())) for member in members), reverse=True)
    quotas = [least + 1] * extra + [least] * (len(members) - extra)
    return partitions - sum(min(count, quota) for count, quota in zip(kept, quotas, strict=True))


def test_one_more_member_moves_only_its_share() -> None:
    """The third worker of four partitions gets one; with Faust's own assignor it stayed idle."""
    claims = {"a": Claim(1, [0, 1]), "b": Claim(1, [2, 3]), "c": Claim()}
    shares = share_out(4, claims)
    assert sorted(len(numbers) for numbers in shares.values()) == [1, 1, 2]
    assert set(shares["a"]) <= {0, 1}
    assert set(shares["b"]) <= {2, 3}


def test_more_members_than_partitions_leave_some_idle() -> None:
    """A member without partitions is told so, and waits."""
    shares = share_out(2, {"a": Claim(1, [1]), "b": Claim(), "c": Claim(1, [0])})
    assert shares == {"a": [1], "b": [], "c": [0]}


def test_the_later_round_wins_a_contradiction() -> None:
    """A member that was out of the group claims what others own by now."""
    shares = share_out(4, {"back": Claim(3, [0, 1, 2, 3]), "owner": Claim(5, [0, 1])})
    assert shares == {"owner": [0, 1], "back": [2, 3]}


def test_claims_that_are_nonsense_are_ignored() -> None:
    """Numbers that do not exist, repeated ones, and members of another kind do no harm."""
    cluster = Cluster(page_views=4, calls=4)
    assignor = CopartitionedAssignor()
    told = {
        "odd": ConsumerProtocolMemberMetadata(0, TOPICS, msgspec.msgpack.encode(Claim(9, [0, 0, 77, -1]))),
        "alien": ConsumerProtocolMemberMetadata(0, TOPICS, b"\xc1 not ours"),
    }
    owned = {member: numbers_of(assignment)["calls"] for member, assignment in assignor.assign(cluster, told).items()}
    assert 0 in owned["odd"]
    assert owned["odd"] | owned["alien"] == {0, 1, 2, 3}
    assert len(owned["odd"]) == 2


def test_members_of_two_versions_stay_copartitioned() -> None:
    """While a new version that reads one more topic is rolled out, each owner has its numbers of the topics it knows."""
    cluster = Cluster(page_views=4, calls=4, lead_erasures=4)
    members = {"old": CopartitionedAssignor(), "new": CopartitionedAssignor()}
    assignments = rebalanced(cluster, members, {"new": [*TOPICS, "lead-erasures"]})
    new, old = numbers_of(assignments["new"]), numbers_of(assignments["old"])
    assert new["calls"] == new["page-views"] == new["lead-erasures"]
    assert old["calls"] == old["page-views"]
    assert new["calls"] | old["calls"] == {0, 1, 2, 3}


def test_the_claim_survives_the_protocol() -> None:
    """What a member owned is in the metadata of its next join, through aiokafka's own coding."""
    cluster = Cluster(page_views=3, calls=3)
    assignor = CopartitionedAssignor()
    rebalanced(cluster, {"only": assignor})
    encoded = assignor.metadata(TOPICS).encode()
    claim = msgspec.msgpack.decode(ConsumerProtocolMemberMetadata.decode(encoded).user_data, type=Claim)
    assert claim == Claim(1, [0, 1, 2])
