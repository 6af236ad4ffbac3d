"""Every bound of the contract, section 3, is counted when it bites, and only then."""

from __future__ import annotations

import orjson
import pytest

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from topics.registry import PAGE_VIEWS

START_MS = 1_767_225_600_000
DAY_MS = 86_400_000
HOUR_MS = 3_600_000


def bitten_after(rules: str, events: int, step_ms: int = 1, scores: str = "interest: {}") -> dict[str, int]:
    """The bounds that bit after so many page views of one lead, each with a path, a visit and a category of its own."""
    model = read_model(f"version: v\nscores: {{{scores}}}\nrules:\n{rules}", "model.yaml").model
    partition = Partition(Engine(model), 0)
    records = []
    for number in range(events):
        time_ms = START_MS + number * step_ms
        event = {"url": f"/p{number}", "visit_id": f"v{number}", "category": f"c{number}", "occurred_at": time_ms, "event_id": f"e{number}"}
        records.append(Record(b"lead", orjson.dumps(event), number, time_ms))
    partition.take(PAGE_VIEWS, records, None)
    assert partition.counts.scored == events
    return dict(partition.bounds_bitten)


PLAIN = "  - {id: a, when: page_view, points: 1"
SAME = "  - {id: a, when: page_view, count: {at_least: 2, same: category, within: 9d}, points: 1}"
AFTER = "  - {id: a, after: {when: page_view}, without: {when: call}, within: 1d, points: 1}"
SEQUENCE = "  - {id: a, sequence: [{when: page_view}, {when: call}], points: 1}"


@pytest.mark.parametrize(
    ("name", "rules", "most", "step_ms", "scores"),
    [
        ("remembered_ids", PLAIN + "}", 256, 1, "interest: {}"),
        ("once_per_values", PLAIN + ", once_per: visit_id}", 128, 1, "interest: {}"),
        ("once_per_values", PLAIN + ", once_per: visit_id, limit: {times: 3, per: day}}", 128, 1, "interest: {}"),
        ("kept_earnings", PLAIN + ", once_per: visit_id, expires_after: 9d}", 128, 1, "interest: {}"),
        ("live_earnings", PLAIN + ", expires_after: 9d}", 128, 1, "interest: {}"),
        ("limit_periods", PLAIN + ", limit: {times: 3, per: day}}", 8, DAY_MS, "interest: {}"),
        ("same_values", SAME, 32, 1, "interest: {}"),
        ("step_times", AFTER, 16, HOUR_MS, "interest: {}"),
        ("step_times", SEQUENCE, 16, 1, "interest: {}"),
        ("categories", PLAIN + ", score: product}", 32, 1, "interest: {}, product: {by: category}"),
    ],
)
def test_a_bound_is_counted_from_the_first_event_beyond_it(name: str, rules: str, most: int, step_ms: int, scores: str) -> None:
    """Up to the bound nothing is counted; one more event, and it is."""
    assert name not in bitten_after(rules, most, step_ms, scores)
    assert bitten_after(rules, most + 1, step_ms, scores)[name] == 1


def test_late_events_are_counted_from_seven_days_on() -> None:
    """An event a millisecond short of seven days late is within the bound."""
    model = read_model(f"version: v\nscores: {{interest: {{}}}}\nrules:\n{PLAIN}}}", "model.yaml").model
    partition = Partition(Engine(model), 0)
    for offset, late_ms in enumerate((0, 7 * DAY_MS - 1, 7 * DAY_MS)):
        event = orjson.dumps({"url": "/", "occurred_at": START_MS - late_ms, "event_id": f"e{offset}"})
        partition.take(PAGE_VIEWS, [Record(b"lead", event, offset, START_MS)], None)
        assert partition.bounds_bitten.get("lateness", 0) == (offset == 2)
