"""A partition as a play: what happens, with times as people write them; the alerts that it causes."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from topics.alerts import Alert, LeadScores, decode_alert, decode_scores
from topics.registry import BY_NAME
from topics.times import parse_rfc3339

DAY = "2026-11-22"  # a Sunday, in winter time


def at(when: str) -> int:
    """`10:00`, `10:00:00.001` or `23T10:00` of November 2026, in UTC; or a whole RFC 3339 time."""
    if when.endswith("Z"):
        time_ms = parse_rfc3339(when)
    else:
        day, _, clock = when.rpartition("T")
        clock += ":00" if clock.count(":") == 1 else ""
        time_ms = parse_rfc3339(f"2026-11-{day or '22'}T{clock}Z")
    assert time_ms is not None
    return time_ms


class Script:
    """One model, one partition, one lead at a time."""

    def __init__(self, model: str, app: str = "streamer", lead: str = "lead-42") -> None:
        self.engine = Engine(read_model(model).model, app)
        self.partition = Partition(self.engine, 0)
        self.lead = lead
        self._offsets: dict[str, int] = defaultdict(int)
        self._changelog: dict[bytes, bytes | None] = {}

    def send(self, topic: str, when: str, timestamp: str | None = None, **fields: Any) -> list[Alert]:
        """An event."""
        value = json.dumps({**fields, "occurred_at": at(when)}).encode()
        return self._take(topic, value, at(timestamp or when))

    def view(self, when: str, path: str = "/", **fields: Any) -> list[Alert]:
        """A page view."""
        return self.send("page-views", when, url=f"https://shop.example{path}", **fields)

    def profile(self, when: str, **fields: Any) -> list[Alert]:
        """A profile; none of its fields removes it."""
        return self._take("lead-profiles", json.dumps(fields).encode() if fields else None, at(when))

    def wait(self, until: str) -> list[Alert]:
        """Time passes."""
        self.partition.advance(at(until), None)
        return self._alerts()

    def restart(self) -> None:
        """The worker starts anew from the changelog."""
        self._changelog.update(self.partition.flush())
        self.partition = Partition(self.engine, 0)
        for key, row in self._changelog.items():
            self.partition.restore(key, row)
        self.partition.restored()

    def scores(self) -> LeadScores | None:
        """The newest scores of the lead, if they were not published yet."""
        found = {key.decode(): data for key, data in self.partition.publish()}
        data = found.get(self.lead)
        return None if data is None else decode_scores(data)

    def _take(self, topic: str, value: bytes | None, timestamp_ms: int) -> list[Alert]:
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        self.partition.take(BY_NAME[topic], [Record(self.lead.encode(), value, offset, timestamp_ms)], None)
        assert self.partition.drain_rejects() == []
        return self._alerts()

    def _alerts(self) -> list[Alert]:
        return [decode_alert(data) for _, data in self.partition.drain_alerts()]


def told(alerts: list[Alert]) -> list[tuple[Any, ...]]:
    """The alerts in short: kind, id, direction, score, before, after, value."""
    return [(alert.kind, alert.id, alert.direction, alert.score, alert.before, alert.after, alert.value) for alert in alerts]
