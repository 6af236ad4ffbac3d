"""A live worker and the clock: what ends, ends by itself, in time and dated to the millisecond."""

from __future__ import annotations

import time
from pathlib import Path

import orjson

from tests.system.installation import Installation
from tests.system.story import Sent
from topics.alerts import decode_alert
from topics.registry import ACTIVITIES, CALLS, EMAIL_EVENTS, PAGE_VIEWS, Topic
from topics.times import parse_rfc3339

LEADS = 12
WITHIN_MS = 3_000
LATE_MS_MAX = 2_000
MODEL = """
version: time-1
scores: {interest: {}}
rules:
  - {id: silence, after: {when: activity, where: {name: quote}}, without: {when: call}, within: 3s, points: 5, alert: true}
  - {id: twice, when: page_view, count: {at_least: 2, within: 3s}, points: 20}
  - {id: opened, when: email_opened, points: 20, expires_after: 3s}
thresholds:
  - {id: calm, score: interest, falls_below: 20}
stages: {cold: 0, warm: 20}
"""


def test_time_alone_acts_within_two_seconds(installation: Installation, tmp_path: Path) -> None:
    """A wait, a window and points that end are alerts dated when they end, and on the broker at most 2 s later."""
    installation.model = tmp_path / "model.yaml"
    installation.model.write_text(MODEL)
    with installation.worker() as worker:
        worker.wait_for('"caught up"')
        start_ms = time.time_ns() // 1_000_000 - 1_200
        installation.publish([sent for number in range(LEADS) for sent in events(number, start_ms + 7 * number)])
        time.sleep((WITHIN_MS + LATE_MS_MAX) / 1000)
        assert worker.stop() == 0, worker.lines
    records = installation.read("lead-alerts")
    by_time = [(record, alert) for record in records if (alert := decode_alert(record.value)).trigger is None]
    got = {(alert.lead_id, alert.id, alert.value, parse_rfc3339(alert.occurred_at)) for _, alert in by_time}
    assert got == {ending for number in range(LEADS) for ending in endings(number, start_ms + 7 * number)}
    assert len(by_time) == len(got)
    for record, alert in by_time:
        occurred_ms, decided_ms = parse_rfc3339(alert.occurred_at), parse_rfc3339(alert.decided_at)
        assert occurred_ms is not None and decided_ms is not None
        assert occurred_ms <= decided_ms <= record.timestamp <= occurred_ms + LATE_MS_MAX, alert


def events(number: int, start_ms: int) -> list[Sent]:
    """What four leads do: one opens a quote, one opens it and is called, one looks at two pages, one opens a mail."""

    def sent(topic: Topic, lead: str, after_ms: int, **fields: str) -> Sent:
        value = orjson.dumps({**fields, "occurred_at": start_ms + after_ms})
        return Sent(topic, f"{lead}-{number}".encode(), value, time.time_ns() // 1_000_000)

    return [
        sent(ACTIVITIES, "silent", 0, name="quote"),
        sent(ACTIVITIES, "called", 0, name="quote"),
        sent(CALLS, "called", 1_000, direction="outbound", outcome="answered"),
        sent(PAGE_VIEWS, "busy", 0, url="/a"),
        sent(PAGE_VIEWS, "busy", 500, url="/b"),
        sent(EMAIL_EVENTS, "reader", 250, action="opened"),
    ]


def endings(number: int, start_ms: int) -> list[tuple[str, str, str | None, int]]:
    """What must come of it by time alone."""
    return [
        (f"silent-{number}", "silence", None, start_ms + WITHIN_MS),
        (f"busy-{number}", "calm", None, start_ms + WITHIN_MS),
        (f"busy-{number}", "stage", "cold", start_ms + WITHIN_MS),
        (f"reader-{number}", "calm", None, start_ms + 250 + WITHIN_MS),
        (f"reader-{number}", "stage", "cold", start_ms + 250 + WITHIN_MS),
    ]
