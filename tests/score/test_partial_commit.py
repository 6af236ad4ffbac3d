"""A crash in the middle of a commit: some rows are durable, others are not, and the replay decides what the first run decided."""

from __future__ import annotations

import json

import pytest

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from streamer.score.table import CLOCK_KEY
from topics.registry import PAGE_VIEWS

HOUR_MS = 3_600_000
START_MS = 1_792_879_200_000
MODEL = {
    "version": "1",
    "scores": {"a": {}},
    "rules": [{"id": "two", "when": "page_view", "count": {"at_least": 2, "within": "1h"}, "points": 5, "alert": True}],
}
RECORDS = [
    Record(b"B", b'{"url":"/a"}', 0, START_MS),
    Record(b"B", b'{"url":"/a"}', 1, START_MS + 1000),
    Record(b"A", b'{"url":"/a"}', 2, START_MS + 2 * HOUR_MS),
]


def partition() -> Partition:
    return Partition(Engine(read_model(json.dumps(MODEL), "test").model), 0)


def alerting(leads: Partition) -> list[str]:
    return [json.loads(alert)["lead_id"] for _, alert in leads.drain_alerts()]


@pytest.mark.parametrize("durable", [(b"A",), (b"B",), ()], ids=["the late lead's row", "the early lead's row", "no row"])
def test_a_replay_after_a_partial_commit_decides_as_the_first_run(durable: tuple[bytes, ...]) -> None:
    """The clock is durable only after all rows of its commit, so that a replay is judged at the time it was judged first."""
    first = partition()
    first.take(PAGE_VIEWS, RECORDS, None)
    assert alerting(first) == ["B"]
    rows = dict(first.flush())
    assert list(rows)[-1] == CLOCK_KEY
    second = partition()
    for key in durable:
        second.restore(key, rows[key])
    second.restored()
    second.take(PAGE_VIEWS, RECORDS, None)
    assert alerting(second) == ([] if b"B" in durable else ["B"])
    second.advance(START_MS + 3 * HOUR_MS, None)
    first.advance(START_MS + 3 * HOUR_MS, None)
    assert second.now_ms == first.now_ms
    assert dict(second.publish()) == dict(first.publish())


def test_a_complete_commit_brings_the_clock_back() -> None:
    """Recovery goes on at the clock of the last complete commit."""
    first = partition()
    first.take(PAGE_VIEWS, RECORDS, None)
    second = partition()
    for key, row in first.flush():
        second.restore(key, row)
    second.restored()
    assert second.now_ms == first.now_ms == START_MS + 2 * HOUR_MS
    assert set(second.rows) == {b"A", b"B"}
