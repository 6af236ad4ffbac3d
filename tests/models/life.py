"""One lead's life under a model: what happens at which time comes in, the alerts that this causes and the scores leave.

An alert is told in one line, `hot up: total 26 → 36, do call-task`; what time alone decided is dated in front of it. On the
way every alert and every state is held to the contract: the points of the reasons add up, and evidence names known records.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson

from streamer.model import load_model, read_model
from streamer.model.spec import Model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from topics.alerts import Alert, LeadScores, Number, ReasonFor, Scores, decode_alert, decode_scores
from topics.registry import BY_NAME
from topics.times import parse_rfc3339

ROOT = Path(__file__).parents[2]
LEAD = "lead-1"


class Life:
    """A lead, from its first record on. Times are `2026-11-02 10:00` in UTC, a Monday, with seconds where they matter."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._partition = Partition(Engine(model), 0)
        self._offsets: dict[str, int] = defaultdict(int)
        self._scores: LeadScores | None = None

    @classmethod
    def under(cls, path: str) -> Life:
        """A life under a model file of the repository."""
        return cls(load_model(ROOT / path).model)

    @classmethod
    def under_text(cls, text: str) -> Life:
        """A life under a model that is given as YAML."""
        return cls(read_model(text).model)

    def __call__(self, when: str, topic: str, /, **fields: Any) -> list[str]:
        """A record of a topic; its alerts, told in lines."""
        return self._take(when, topic, fields)

    def view(self, when: str, path: str, /, **fields: Any) -> list[str]:
        """A page view."""
        return self._take(when, "page-views", {"url": f"https://x.example{path}", **fields})

    def activity(self, when: str, name: str, /, **properties: Any) -> list[str]:
        """Something the lead did, by name."""
        return self._take(when, "activities", {"name": name, "properties": properties})

    def mail(self, when: str, action: str, message_id: str = "m1") -> list[str]:
        """Something that happened to a mail."""
        return self._take(when, "email-events", {"action": action, "message_id": message_id})

    def call(self, when: str, direction: str = "outbound", outcome: str = "answered", **fields: Any) -> list[str]:
        """A call."""
        return self._take(when, "calls", {"direction": direction, "outcome": outcome, **fields})

    def profile(self, when: str, **fields: Any) -> list[str]:
        """The client's card as it is from now on."""
        return self._take(when, "lead-profiles", fields)

    def no_profile(self, when: str) -> list[str]:
        """The client's card is removed."""
        return self._take(when, "lead-profiles", None)

    def until(self, when: str) -> list[str]:
        """Time goes on, and nothing happens."""
        now_ms = _ms(when)
        self._partition.advance(now_ms, now_ms)
        return self._told()

    @property
    def state(self) -> LeadScores:
        """What `lead-scores` says of the lead."""
        for _, value in self._partition.publish():
            assert value is not None
            self._scores = decode_scores(value)
            self._add_up(self._scores.scores, self._scores.reasons)
        assert self._scores is not None, "nothing is known of the lead"
        return self._scores

    @property
    def total(self) -> Number:
        """The total."""
        return self.state.total

    @property
    def scores(self) -> Scores:
        """The scores, clamped."""
        return self.state.scores

    @property
    def points(self) -> dict[str, Number]:
        """What each rule gives, with `[value]` after the name of one that judges values apart."""
        return {one.rule + ("" if one.value is None else f"[{one.value}]"): one.points for one in self.state.reasons}

    def _take(self, when: str, topic: str, fields: dict[str, Any] | None) -> list[str]:
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        value = None if fields is None else orjson.dumps(fields)
        self._partition.take(BY_NAME[topic], [Record(LEAD.encode(), value, offset, _ms(when))], None)
        assert self._partition.drain_rejects() == []
        return self._told()

    def _told(self) -> list[str]:
        alerts = [decode_alert(data) for _, data in self._partition.drain_alerts()]
        for alert in alerts:
            self._add_up(alert.scores, alert.reasons)
        return [_line(alert) for alert in alerts]

    def _add_up(self, scores: Scores, reasons: list[ReasonFor]) -> None:
        """The points of a score's reasons add up to it, clamped as the model says."""
        for score in self._model.scores:
            found = scores[score.name]
            for category, number in found.items() if isinstance(found, dict) else [(None, found)]:
                parts = [one.points for one in reasons if one.score == score.name and (category is None or str(one.value) == category)]
                low, high = -float("inf") if score.min is None else score.min, float("inf") if score.max is None else score.max
                assert abs(min(max(sum(parts), low), high) - number) < 1e-5, score.name
        for one in reasons:
            assert all(reference.offset < self._offsets[reference.topic] for reference in one.evidence)


def _ms(when: str) -> int:
    day, _, time = when.partition(" ")
    time_ms = parse_rfc3339(f"{day}T{time}{':00' * (time.count(':') == 1)}Z")
    assert time_ms is not None, when
    return time_ms


def _line(alert: Alert) -> str:
    when = "" if alert.trigger is not None else f"{alert.occurred_at[:10]} {alert.occurred_at[11:-1].removesuffix('.000')}: "
    name = alert.id if alert.value is None else f"{alert.id}[{alert.value}]"
    action = "" if alert.action is None else f", do {alert.action}"
    return f"{when}{name} {alert.direction}: {alert.score} {alert.before:g} → {alert.after:g}{action}"
