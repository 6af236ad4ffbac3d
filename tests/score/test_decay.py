"""Points with a half-life cross thresholds and stages with no event, within a second, and are not looked at without need."""

from __future__ import annotations

import json
from datetime import datetime
from math import log2
from typing import Any

import pytest

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from streamer.score.row import Row
from topics.alerts import Alert
from topics.registry import CALLS, EMAIL_EVENTS, LEAD_PROFILES

DAY_MS = 86_400_000
START_MS = 1_792_879_200_000
CLICK = {"id": "click", "when": "email_clicked", "points": 40, "half_life": "1d"}
CALL = {"id": "call", "when": "call", "points": 5}


def scored(model: dict[str, object]) -> Partition:
    """A lead with a click (40 points that halve each day) and a call (5 points), at the same time."""
    base: dict[str, object] = {"version": "1", "scores": {"a": {}}, "rules": [CLICK, CALL]}
    partition = Partition(Engine(read_model(json.dumps(base | model), "test").model), 0)
    partition.take(EMAIL_EVENTS, [Record(b"lead", b'{"action":"clicked"}', 0, START_MS)], None)
    partition.take(CALLS, [Record(b"lead", b'{"direction":"inbound","outcome":"missed"}', 0, START_MS)], None)
    partition.drain_alerts()
    return partition


def crossings(partition: Partition, until_ms: int) -> list[tuple[str, str | None, float]]:
    """Alerts as time goes on: id, value and days since the start."""
    partition.advance(until_ms, None)
    found = []
    for _, alert in partition.drain_alerts():
        fields = json.loads(alert)
        assert fields["trigger"] is None
        at_ms = datetime.fromisoformat(fields["occurred_at"]).timestamp() * 1000
        found.append((fields["id"], fields["value"], (at_ms - START_MS) / DAY_MS))
    return found


def test_a_crossing_by_decay_is_a_change_with_its_time() -> None:
    """What `lead-scores` says then is newer than what it said before; decay that crosses nothing changes nothing."""
    partition = scored({"thresholds": [{"id": "cooled", "falls_below": 25}]})
    partition.publish()
    assert crossings(partition, START_MS + DAY_MS - 10_000) == []
    assert partition.publish() == []
    partition.advance(START_MS + 3 * DAY_MS, None)
    [(_, alert)] = partition.drain_alerts()
    [(_, scores)] = partition.publish()
    assert scores is not None
    assert json.loads(scores)["updated_at"] == json.loads(alert)["occurred_at"]


@pytest.mark.parametrize(
    ("model", "identity", "days"),
    [
        ({"thresholds": [{"id": "cooled", "falls_below": 15}]}, "cooled", 2.0),
        ({"total": "a * 2 - 10", "thresholds": [{"id": "cooled", "falls_below": 40}]}, "cooled", 1.0),
        ({"total": "100 / a", "thresholds": [{"id": "rare", "at": 4}]}, "rare", 1.0),
        ({"scores": {"a": {"max": 25}}, "thresholds": [{"id": "cooled", "falls_below": 20}]}, "cooled", log2(40 / 15)),
        ({"stages": {"low": 0, "high": 25}}, "stage", 1.0),
    ],
    ids=["a sum", "a formula", "a formula that rises", "a clamped score", "a stage"],
)
def test_decay_crosses_within_two_seconds(model: dict[str, object], identity: str, days: float) -> None:
    """The time at which the worth falls to the bound is met to two seconds (contract, section 4)."""
    [(found, _, at_days)] = crossings(scored(model), START_MS + 60 * DAY_MS)
    assert found == identity
    assert 0 <= (at_days - days) * DAY_MS <= 2000


@pytest.mark.parametrize(
    "model",
    [
        {"thresholds": [{"id": "cooled", "falls_below": 5}]},
        {"total": "a / b", "scores": {"a": {}, "b": {}}, "thresholds": [{"id": "cooled", "falls_below": -1}]},
        {"scores": {"a": {"min": 30}}, "thresholds": [{"id": "cooled", "falls_below": 30}]},
    ],
    ids=["a bound that is never quite reached", "a division by nothing", "a score held up by its min"],
)
def test_what_decay_cannot_cross_is_not_looked_at(model: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """A lead costs nothing while it fades toward where nothing waits for it."""
    looks: list[int] = []
    settle = Engine._settle

    def counted(engine: Engine, lead_id: str, row: Row, at_ms: int, decided_at_ms: int) -> list[Alert]:
        looks.append(at_ms)
        return settle(engine, lead_id, row, at_ms, decided_at_ms)

    monkeypatch.setattr(Engine, "_settle", counted)
    partition = scored(model)
    assert crossings(partition, START_MS + 400 * DAY_MS) == []
    assert len(looks) <= 100


def test_a_formula_that_overflows_is_not_looked_at_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Infinity is 0: a profile with a number near the largest there is must not keep the scorer busy."""
    looks = 0
    settle = Engine._settle

    def counted(*arguments: Any) -> list[Alert]:
        nonlocal looks
        looks += 1
        return settle(*arguments)

    partition = scored({"total": "a * profile.budget * profile.budget", "thresholds": [{"id": "hot", "at": 5}]})
    partition.take(LEAD_PROFILES, [Record(b"lead", b'{"budget": 1e300}', 0, START_MS)], None)
    monkeypatch.setattr(Engine, "_settle", counted)
    assert crossings(partition, START_MS + DAY_MS) == []
    assert looks < 100


def test_decay_crosses_between_two_events_of_one_second() -> None:
    """What decay crosses within the second in which it is not looked at is noticed by the event that comes first."""
    model: dict[str, object] = {
        "scores": {"a": {}, "b": {}},
        "rules": [CLICK | {"score": "a"}, CALL | {"score": "b"}],
        "thresholds": [{"id": "cooled", "score": "a", "falls_below": 10}],
    }
    partition = scored(model)
    calls = [
        Record(b"lead", b'{"direction":"inbound","outcome":"missed"}', 1 + i, START_MS + 2 * DAY_MS + ms)
        for i, ms in enumerate((-200, 200))
    ]
    partition.take(CALLS, calls, None)
    [(found, _, at_days)] = crossings(partition, START_MS + 3 * DAY_MS)
    assert found == "cooled"
    assert at_days == pytest.approx(2 + 200 / DAY_MS)


KEPT = {"id": "kept", "when": "call", "points": 40}
FADES = {"id": "fades", "when": "call", "points": -40, "half_life": "1d"}
AWARD = {"points": -40, "award": "once", "half_life": "1d"}


@pytest.mark.parametrize(
    ("rules", "score"),
    [
        ([KEPT, FADES], "b"),
        ([KEPT | {"half_life": "5d"}, FADES], "b"),
        ([{"id": "once", "when": "call", "count": {"at_least": 1}} | AWARD, KEPT], "b"),
        ([{"id": "unknown", "profile": {"phone": None}} | AWARD, KEPT], "b"),
        ([KEPT, FADES, {"id": "seen", "when": "email_clicked"}], "b[mens]"),
    ],
    ids=["kept and fading", "slow and fast", "an award", "at the birth", "a category"],
)
def test_what_adds_up_to_nothing_may_cross_when_it_decays(rules: list[dict[str, object]], score: str) -> None:
    """An event whose points cancel each other out leaves the sums as they were, but not for long."""
    model = {
        "version": "1",
        "scores": {"a": {}, "b": {"by": "category"} if "[" in score else {}},
        "rules": [rule | {"score": "b"} for rule in rules],
        "thresholds": [{"id": "rose", "score": score, "at": 10}],
    }
    partition = Partition(Engine(read_model(json.dumps(model), "test").model), 0)
    if "[" in score:
        partition.take(EMAIL_EVENTS, [Record(b"lead", b'{"action":"clicked","category":"mens"}', 0, START_MS)], None)
    call = b'{"direction":"inbound","outcome":"missed","category":"mens"}'
    partition.take(CALLS, [Record(b"lead", call, 0, START_MS)], None)
    assert [identity for identity, _, _ in crossings(partition, START_MS + 2 * DAY_MS)] == ["rose"]


def test_decay_alone_publishes_nothing() -> None:
    """Scores are published for events, boundaries and crossings (contract, section 5)."""
    partition = scored({"thresholds": [{"id": "cooled", "falls_below": 15}]})
    partition.publish()
    partition.advance(START_MS + DAY_MS, None)
    assert partition.publish() == []
    partition.advance(START_MS + 3 * DAY_MS, None)
    assert [key for key, _ in partition.publish()] == [b"lead"]
