"""Records that came to the wrong partition: two partitions side by side, and what goes from one to the other."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import astuple
from typing import Any

import pytest

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition
from streamer.score.records import Record
from topics.alerts import decode_alert, decode_scores
from topics.partitions import partition_of
from topics.registry import BY_NAME, LEAD_ERASURES, LEAD_PROFILES, PAGE_VIEWS, Topic

MODEL = {
    "version": "1",
    "scores": {"interest": {"min": 0}},
    "rules": [
        {"id": "visit", "when": "page_view", "points": 1, "alert": True},
        {"id": "warsaw", "profile": {"city": "Warsaw"}, "points": 5},
    ],
}
PARTITIONS = 2
HOME = 1
KEY = next(key for key in (b"lead-%d" % n for n in range(99)) if partition_of(key, PARTITIONS) == HOME)
VIEW = b'{"url": "/"}'
NOW = 1_700_000_000_000


class Pair:
    """The wrong partition and the right one; what the wrong one forwards arrives at the right one behind what is there."""

    def __init__(self) -> None:
        engine = Engine(read_model(json.dumps(MODEL), "test").model)
        self.wrong, self.right = (Partition(engine, number, PARTITIONS) for number in (0, HOME))
        self.offsets: Counter[Topic] = Counter()

    def misplace(self, topic: Topic, value: bytes | None, offset: int, timestamp: int = NOW, *, twice: bool = False) -> None:
        """A record comes to the wrong partition; `twice`: it is read again there after a crash."""
        for _ in range(2 if twice else 1):
            self.wrong.take(topic, [Record(KEY, value, offset, timestamp)], None)
            self.deliver()

    def deliver(self) -> None:
        """What is forwarded arrives."""
        for name, number, key, value, timestamp, headers in self.wrong.drain_forwards():
            assert number == HOME
            self.place(BY_NAME[name], value, timestamp, headers=headers, key=key)

    def place(self, topic: Topic, value: bytes | None, timestamp: int = NOW, headers: Any = (), key: bytes = KEY) -> None:
        """A record comes to the right partition."""
        self.right.take(topic, [Record(key, value, self.offsets[topic], timestamp, headers)], None)
        self.offsets[topic] += 1

    def points(self) -> float | None:
        """The lead's total; None when it is not known."""
        standing = self.right.standing(KEY.decode())
        return None if standing is None else standing.scores.total


def test_a_misplaced_event_is_scored_in_its_place_only() -> None:
    """It goes on with its key, value and timestamp; where it came it leaves no row, no score and no trace in time."""
    pair = Pair()
    pair.misplace(PAGE_VIEWS, VIEW, 7)
    assert pair.points() == 1
    assert (pair.wrong.flush(), pair.wrong.publish(), pair.wrong.drain_alerts(), pair.wrong.now_ms) == ([], [], [], 0)
    assert pair.right.now_ms == NOW
    assert (pair.wrong.counts.read, pair.wrong.counts.forwarded) == (1, 1)
    assert (pair.right.counts.read, pair.right.counts.scored) == (1, 1)


@pytest.mark.parametrize("headers", [[("h", b"x" * 1_000_000)], [("h", None)] * 50_000, [("ż" * 200_000, b"")]])
@pytest.mark.parametrize(("topic", "value"), [(PAGE_VIEWS, VIEW), (LEAD_PROFILES, b"{}"), (LEAD_PROFILES, None), (LEAD_ERASURES, b"{}")])
def test_one_that_its_headers_make_too_large_to_be_sent_again_is_rejected(topic: Topic, value: bytes | None, headers: Any) -> None:
    """It may fill what the topic takes, and one more header would be refused by the broker, for ever."""
    wrong = Pair().wrong
    wrong.take(topic, [Record(KEY, value, 7, NOW, headers), Record(KEY, value, 8, NOW, [("h", b"x" * 200_000)])], None)
    assert [forward.value for forward in wrong.drain_forwards()] == [value]
    [(key, message, timestamp)] = wrong.drain_rejects()
    assert (key, timestamp, json.loads(message)["reason"], json.loads(message)["offset"]) == (KEY, NOW, "too-large", 7)
    assert (wrong.counts.read, wrong.counts.rejected, wrong.counts.forwarded) == (2, 1, 1)


@pytest.mark.parametrize("value", [VIEW, b'{"url": "/", "event_id": "mine"}'])
def test_forwarded_again_it_is_a_duplicate(value: bytes) -> None:
    """A crash between the forward and its commit forwards it again, and it counts once; with an id of its own and without."""
    pair = Pair()
    pair.misplace(PAGE_VIEWS, value, 7, twice=True)
    assert pair.points() == 1
    assert (pair.right.counts.scored, pair.right.counts.duplicate) == (1, 1)


def test_two_misplaced_events_are_two() -> None:
    """Events without an id of their own are told apart by where they were first."""
    pair = Pair()
    pair.misplace(PAGE_VIEWS, VIEW, 7)
    pair.misplace(PAGE_VIEWS, VIEW, 8)
    pair.place(PAGE_VIEWS, VIEW)
    assert pair.points() == 3


def test_the_default_event_id_stays_what_it_was() -> None:
    """An alert names the place where the event was published as its id, and the place where it was scored as its record."""
    pair = Pair()
    pair.place(PAGE_VIEWS, VIEW)
    pair.misplace(PAGE_VIEWS, VIEW, 7)
    (_, value) = pair.right.drain_alerts()[-1]
    trigger = decode_alert(value).trigger
    assert trigger is not None
    assert (trigger.topic, trigger.partition, trigger.offset, trigger.event_id) == ("page-views", HOME, 1, "page-views/0/7")


def test_a_profile_forwarded_again_overwrites_no_newer_one() -> None:
    """A newer profile came in between: the repeat changes nothing."""
    pair = Pair()
    pair.misplace(LEAD_PROFILES, b'{"city": "Warsaw"}', 3)
    assert pair.points() == 5
    pair.place(LEAD_PROFILES, b'{"city": "Gdansk"}')
    pair.misplace(LEAD_PROFILES, b'{"city": "Warsaw"}', 3)
    assert pair.points() == 0
    assert pair.right.counts.duplicate == 1
    pair.misplace(LEAD_PROFILES, b'{"city": "Warsaw"}', 4)
    assert pair.points() == 5


def test_a_misplaced_removal_of_a_profile_is_forwarded() -> None:
    """Also where the wrong partition knows nobody of that name."""
    pair = Pair()
    pair.place(LEAD_PROFILES, b'{"city": "Warsaw"}')
    pair.misplace(LEAD_PROFILES, None, 3)
    assert pair.points() == 0
    assert pair.wrong.counts.forwarded == 1


def test_an_erasure_forwarded_again_erases_nothing_that_came_since() -> None:
    """The lead goes once; what it does after that stays, though the erasure comes a second time."""
    pair = Pair()
    erasure = json.dumps({"requested_at": NOW}).encode()
    pair.place(PAGE_VIEWS, VIEW)
    pair.misplace(LEAD_ERASURES, erasure, 3)
    assert pair.points() is None
    pair.place(PAGE_VIEWS, VIEW, NOW + 1)
    pair.misplace(LEAD_ERASURES, erasure, 3)
    assert pair.points() == 1
    assert (pair.right.counts.erased, pair.right.counts.duplicate) == (1, 1)
    pair.misplace(LEAD_ERASURES, json.dumps({"requested_at": NOW + 2}).encode(), 4, NOW + 2)
    assert pair.points() is None


def test_a_record_does_not_go_round() -> None:
    """What was forwarded and is still misplaced, since partitions were added, is rejected and told of."""
    pair = Pair()
    header = ("streamer-forwarded", b"page-views/1/5")
    pair.wrong.take(PAGE_VIEWS, [Record(KEY, VIEW, 0, NOW, [header])], None)
    assert pair.wrong.drain_forwards() == []
    ((_, reject, _),) = pair.wrong.drain_rejects()
    assert json.loads(reject)["detail"] == "forwarded from page-views/1/5, and it does not belong here either"


def test_what_must_be_rejected_is_rejected_where_it_is() -> None:
    """A record that no partition would score is not sent round first."""
    pair = Pair()
    for topic in (PAGE_VIEWS, LEAD_PROFILES, LEAD_ERASURES):
        pair.wrong.take(topic, [Record(KEY, b"{", 0, NOW)], None)
    assert len(pair.wrong.drain_rejects()) == 3
    assert pair.wrong.drain_forwards() == []


def test_other_headers_go_with_it() -> None:
    """Whatever tracing a publisher does goes on."""
    pair = Pair()
    pair.wrong.take(PAGE_VIEWS, [Record(KEY, VIEW, 7, NOW, [("trace", b"1"), ("empty", None)])], None)
    (sent,) = pair.wrong.drain_forwards()
    assert list(sent.headers) == [("trace", b"1"), ("empty", None), ("streamer-forwarded", b"page-views/0/7")]


def test_alone_a_partition_forwards_nothing() -> None:
    """Who does not say how many partitions there are, as `streamer score`, has everything scored here."""
    partition = Partition(Engine(read_model(json.dumps(MODEL), "test").model), 0)
    partition.take(PAGE_VIEWS, [Record(KEY, VIEW, 0, NOW)], None)
    ((_, scores),) = partition.publish()
    assert scores is not None
    assert decode_scores(scores).total == 1
    assert sum(astuple(partition.counts)[1:]) == partition.counts.read == 1
