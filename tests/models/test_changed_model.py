"""A lead's life goes on under a changed model: what the rules have seen is kept and re-scored, and the change fires nothing."""

from __future__ import annotations

import pytest

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from topics.alerts import decode_alert, decode_scores
from topics.registry import PAGE_VIEWS

VISITS = 6
START_MS = 1_793_613_600_000  # 2026-11-02T10:00:00Z


def model(rule: str, hot: str = "at: 8, rearm_below: 5") -> str:
    """A model of this rule on page views, with a threshold."""
    head = "version: test\nscores:\n  interest: {}\n"
    return f"{head}rules:\n  - {{id: r, when: page_view, {rule}}}\nthresholds:\n  - {{id: hot, score: total, {hot}}}\n"


def visits(partition: Partition, numbers: range) -> list[str]:
    """One page view an hour, each of a visit of its own; the ids of the alerts."""
    for number in numbers:
        value = f'{{"url": "/", "visit_id": "v{number}"}}'.encode()
        partition.take(PAGE_VIEWS, [Record(b"lead-1", value, number, START_MS + number * 3_600_000)], None)
    return [decode_alert(data).id for _, data in partition.drain_alerts()]


@pytest.mark.parametrize(
    ("before", "after", "total"),
    [
        ("points: 1", "points: 2", 12),
        ("points: 1", "points: 2, skip: 2", 8),
        ("points: 1, limit: {times: 3}", "points: 2, limit: {times: 4}", 8),
        ("points: 1, limit: {points: 3}", "points: 4, limit: {points: 10}", 10),
        ("points: 1, once_per: visit_id", "points: 2, once_per: visit_id, skip: 1", 10),
        ("points: 1, limit: {times: 3, per: month}", "points: 2, skip: 1, limit: {times: 4, per: month}", 8),
        ("points: 1, expires_after: 9d", "points: 2, expires_after: 9d", 12),
        ("points: 1, expires_after: 9d", "points: 3, expires_after: 4h", 12),
        ("points: 1, skip: 2, expires_after: 9d", "points: 3, skip: 2, expires_after: 9d", 12),
        ("points: 1, count: {at_least: 6}", "points: 9, count: {at_least: 6}", 9),
        ("points: 1, count: {at_least: 6, within: 1d}, award: once", "points: 9, count: {at_least: 6, within: 1d}", 9),
    ],
)
def test_change_keeps_what_was_seen(before: str, after: str, total: int) -> None:
    """Other points, skip, limit, award or expiry re-score what was seen; no alert comes of it, not even of the next event."""
    old, new = (Partition(Engine(read_model(model(rule)).model), 0) for rule in (before, after))
    assert visits(old, range(VISITS)) == []
    for key, row in old.flush():
        new.restore(key, row)
    new.restored()
    assert new.drain_alerts() == []
    ((_, scores),) = new.publish()
    assert scores is not None
    assert decode_scores(scores).total == total
    assert visits(new, range(VISITS, VISITS + 1)) == []


@pytest.mark.parametrize(
    ("before", "after", "total"),
    [
        ("points: 1, limit: {times: 2, per: day}", "points: 3, limit: {times: 2, per: day}", 3 * 2 * 20),
        ("points: 5, limit: {points: 8, per: day}", "points: 2, limit: {points: 5, per: day}", 5 * 20),
        ("once_per: visit_id, limit: {times: 2, per: day}", "points: 3, once_per: visit_id, limit: {times: 1, per: day}", 3 * 20),
    ],
)
def test_change_rescores_days_long_ago(before: str, after: str, total: int) -> None:
    """New points count for all days, also for those before the newest 8, of which only sums are kept."""
    old, new = (Partition(Engine(read_model(model(rule)).model), 0) for rule in (before, after))
    visits(old, range(14, 14 + 20 * 24, 8))  # three a day, from midnight on
    for key, row in old.flush():
        new.restore(key, row)
    new.restored()
    ((_, scores),) = new.publish()
    assert scores is not None
    assert decode_scores(scores).total == total


@pytest.mark.parametrize(
    ("rule", "hot", "fired_at"),
    [
        ("points: 1", "at: 5", []),
        ("points: 1", "at: 8", [8]),
        ("points: 1", "at: 8, rearm_below: 6", []),
        ("points: 0.5", "at: 5", [10]),
        ("points: 0.5", "at: 5, rearm_below: 3", []),
        ("points: 0.5", "at: 5, rearm_below: 4", [10]),
    ],
)
def test_a_change_that_brings_a_score_below_arms_again(rule: str, hot: str, fired_at: list[int]) -> None:
    """A threshold that fired is armed once the score is below `rearm_below`, be it by other points or by another bound."""
    old = Partition(Engine(read_model(model("points: 1", "at: 5")).model), 0)
    new = Partition(Engine(read_model(model(rule, hot)).model), 0)
    assert visits(old, range(VISITS)) == ["hot"]
    for key, row in old.flush():
        new.restore(key, row)
    new.restored()
    assert [number + 1 for number in range(VISITS, 2 * VISITS) if visits(new, range(number, number + 1))] == fired_at


@pytest.mark.parametrize(("by", "product"), [("category", {"mens": 6}), ("channel", {})])
def test_a_score_by_another_field_starts_from_zero(by: str, product: dict[str, int]) -> None:
    """What was seen by category is no number of a channel."""
    text = "version: test\nscores: {a: {}, product: {by: category}}\nrules: [{id: r, when: page_view, points: 2, score: product}]\n"
    changed = text.replace("points: 2", "points: 3").replace("by: category", f"by: {by}")
    old, new = (Partition(Engine(read_model(one).model), 0) for one in (text, changed))
    value = b'{"url": "/", "category": "mens", "channel": "ads"}'
    old.take(PAGE_VIEWS, [Record(b"lead-1", value, number, START_MS) for number in range(2)], None)
    for key, row in old.flush():
        new.restore(key, row)
    new.restored()
    ((_, scores),) = new.publish()
    assert scores is not None
    assert decode_scores(scores).scores["product"] == product
