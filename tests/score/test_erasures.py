"""Erasures (contract, section 1): the row goes without alerts, and what is dated up to then stays out for 30 days."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from topics.registry import CALLS, LEAD_ERASURES, LEAD_PROFILES, PAGE_VIEWS, Topic

DAY_MS = 86_400_000
START_MS = 1_792_879_200_000
MODEL = {
    "version": "1",
    "scores": {"a": {}},
    "rules": [{"id": "view", "when": "page_view", "points": 10}],
    "thresholds": [{"id": "hot", "at": 10}, {"id": "cooled", "falls_below": 10}],
}
VIEW = {"url": "/a"}


class Story:
    """One partition that is told records one by one."""

    def __init__(self) -> None:
        self.partition = Partition(Engine(read_model(json.dumps(MODEL), "test").model), 0)
        self.offsets: dict[Topic, int] = {}

    def tell(self, topic: Topic, value: Any, timestamp_ms: int, key: bytes = b"lead") -> list[str]:
        """The ids of the alerts that the record causes."""
        offset = self.offsets.get(topic, 0)
        self.offsets[topic] = offset + 1
        self.partition.take(topic, [Record(key, json.dumps(value).encode(), offset, timestamp_ms)], None)
        return [json.loads(alert)["id"] for _, alert in self.partition.drain_alerts()]

    def restart(self) -> None:
        """The partition's next owner reads its changelog."""
        owner = Partition(Engine(read_model(json.dumps(MODEL), "test").model), 0)
        for key, row in [*self.partition.rows.items(), *self.partition.flush()]:
            owner.restore(key, row)
        owner.restored()
        self.partition = owner


def test_an_erased_lead_is_forgotten_without_an_alert() -> None:
    """The score goes, `lead-scores` gets a null, and nothing of the lead is left in its row."""
    story = Story()
    assert story.tell(PAGE_VIEWS, VIEW, START_MS) == ["hot"]
    assert story.tell(LEAD_PROFILES, {"name": "Anna Nowak"}, START_MS) == []
    assert story.tell(LEAD_ERASURES, {"lead_id": "lead", "requested_at": START_MS + 5}, START_MS + 5) == []
    assert story.partition.publish() == [(b"lead", None)]
    row = dict(story.partition.flush())[b"lead"]
    assert row is not None
    assert b"Anna" not in row
    assert len(row) < 80


def test_what_is_dated_up_to_the_erasure_stays_out_also_after_a_restart() -> None:
    """Older events and profiles are dropped, counted, and do not move the clock; a later event begins the lead anew."""
    story = Story()
    story.tell(PAGE_VIEWS, VIEW, START_MS)
    story.tell(LEAD_ERASURES, {"requested_at": START_MS + DAY_MS}, START_MS + DAY_MS)
    story.restart()
    now_ms = story.partition.now_ms
    assert story.tell(PAGE_VIEWS, VIEW | {"occurred_at": START_MS + DAY_MS}, START_MS + DAY_MS) == []
    assert story.tell(LEAD_PROFILES, {"name": "Anna"}, START_MS + DAY_MS) == []
    assert story.partition.now_ms == now_ms
    assert story.partition.counts.erased == 2
    assert story.tell(PAGE_VIEWS, VIEW, START_MS + DAY_MS + 1) == ["hot"]
    [(_, scores)] = story.partition.publish()
    assert scores is not None
    assert json.loads(scores)["first_seen_at"].startswith("2026-10-25")
    assert json.loads(scores)["total"] == 10


def test_after_thirty_days_nothing_of_an_erasure_is_left() -> None:
    """The row itself goes; a lead that came back stays, and old events of it count again."""
    story = Story()
    story.tell(PAGE_VIEWS, VIEW, START_MS, b"gone")
    story.tell(LEAD_ERASURES, {"requested_at": START_MS}, START_MS, b"gone")
    story.tell(LEAD_ERASURES, {"requested_at": START_MS}, START_MS, b"back")
    story.tell(PAGE_VIEWS, VIEW, START_MS + 1, b"back")
    assert (b"gone", None) in story.partition.publish()
    story.partition.advance(START_MS + 30 * DAY_MS - 1, None)
    assert {b"gone", b"back"} <= dict(story.partition.flush()).keys() | story.partition.rows.keys()
    story.partition.advance(START_MS + 30 * DAY_MS, None)
    assert (b"gone", None) in story.partition.flush()
    assert b"gone" not in story.partition.rows
    before = story.partition.counts.scored
    story.tell(PAGE_VIEWS, VIEW | {"occurred_at": START_MS}, START_MS + 30 * DAY_MS, b"back")
    assert story.partition.counts.scored == before + 1


@pytest.mark.parametrize("restarts", [False, True])
def test_an_erasure_that_comes_thirty_days_late_still_puts_a_null_into_lead_scores(restarts: bool) -> None:
    """Its mark is over at once, and so it is for one in a backlog of months: the row stays until its null is out."""
    story = Story()
    story.tell(PAGE_VIEWS, VIEW, START_MS)
    story.partition.publish()
    story.tell(LEAD_ERASURES, {"requested_at": START_MS}, START_MS + 40 * DAY_MS)
    story.partition.advance(START_MS + 40 * DAY_MS, None)
    if restarts:
        story.restart()
    assert story.partition.publish() == [(b"lead", None)]
    assert (b"lead", None) in story.partition.flush()
    assert b"lead" not in story.partition.rows
    assert story.partition.publish() == []


def test_an_erasure_without_a_time_is_dated_by_its_record_and_a_bad_one_is_rejected() -> None:
    """An erasure must not fail because a producer left the time out; a wrong one says what is wrong."""
    story = Story()
    story.tell(CALLS, {"direction": "inbound", "outcome": "missed"}, START_MS)
    story.tell(LEAD_ERASURES, {"lead_id": "lead"}, START_MS + 7)
    story.tell(PAGE_VIEWS, VIEW, START_MS + 7)
    assert story.partition.counts.erased == 2
    story.tell(LEAD_ERASURES, {"lead_id": "other"}, START_MS + 8)
    story.tell(LEAD_ERASURES, {"requested_at": "soon"}, START_MS + 8)
    reasons = [json.loads(reject)["reason"] for _, reject, _ in story.partition.drain_rejects()]
    assert reasons == ["key-mismatch", "bad-time"]
