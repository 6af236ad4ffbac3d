"""The engine and the oracle take the same steps; after each, the alerts of the step and every lead's published scores must agree."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import groupby, pairwise
from typing import Any

from hypothesis import currently_in_test_context, note, reject

from streamer.model import read_model
from streamer.model.spec import Model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from tests.oracle.crossings import stage_of
from tests.oracle.earnings import Given
from tests.oracle.numbers import Numbers, clamped
from tests.oracle.oracle import Oracle, OracleAlert, OracleLead
from tests.score.steps import Advance, Erasure, Event, Flush, Profile, Restart, Step, as_lines, as_record
from topics.alerts import Alert, LeadScores, ReasonFor, decode_alert, decode_scores
from topics.registry import BY_NAME
from topics.times import parse_rfc3339


def agree(model: dict[str, Any], steps: list[Step]) -> SideBySide:
    """Takes all the steps; the failing example says how to see it again."""
    if currently_in_test_context():
        note(f"model:\n{json.dumps(model)}\nrecords:\n{as_lines(steps)}")
    both = SideBySide(read_model(json.dumps(model)).model)
    for number, step in enumerate(steps):
        both.take(step, f"step {number}: {step}")
    return both


class SideBySide:
    """An engine's partition and an oracle."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.engine = Engine(model)
        self.partition = Partition(self.engine, 0, live_rows_max=1)
        self.oracle = Oracle(model)
        self.alerts: list[Alert] = []
        self.published: dict[str, LeadScores] = {}
        self._decays = any(rule.half_life_ms is not None for rule in model.rules)
        self._scores = {score.name: score for score in model.scores}
        self._offsets: dict[str, int] = defaultdict(int)
        self._records: dict[tuple[str, int], tuple[str, str, int]] = {}
        self._advanced_ms = 0
        self._changelog: dict[bytes, bytes | None] = {}

    def take(self, step: Step, where: str) -> None:
        """One step on both sides, then the comparison."""
        expected: list[OracleAlert] = []
        scored = self.partition.counts.scored
        match step:
            case Event() | Profile() | Erasure():
                topic, value, timestamp_ms = as_record(step)
                offset = self._offsets[topic]
                self._offsets[topic] += 1
                content = None if value is None else json.dumps(value).encode()
                event_id = (value or {}).get("event_id") or f"{topic}/0/{offset}"
                if value is None and step.lead not in self.oracle.leads:
                    self._advanced_ms = max(self._advanced_ms, timestamp_ms)  # moves the clock, and leaves no row that says so
                self._records[topic, offset] = step.lead, event_id, step.time_ms
                expected = self.oracle.take(topic, offset, step.lead, value, timestamp_ms)
                self.partition.take(BY_NAME[topic], [Record(step.lead.encode(), content, offset, timestamp_ms)], None)
            case Advance(time_ms):
                self._advanced_ms = max(self._advanced_ms, time_ms)
                expected = self.oracle.advance(time_ms)
                self.partition.advance(time_ms, None)
            case Flush():
                self._changelog.update(self.partition.flush())
            case Restart():
                self._restart()
        assert self.partition.drain_rejects() == [], where
        got = [decode_alert(data) for _, data in self.partition.drain_alerts()]
        self.alerts += got
        if isinstance(step, Erasure):
            self.alerts = [alert for alert in self.alerts if alert.lead_id != step.lead]  # the lead may begin anew
        assert len({alert.alert_id for alert in self.alerts}) == len(self.alerts), f"{where}: an alert_id is there twice"
        self._compare_alerts(got, expected, where)
        published = {key.decode(): data for key, data in self.partition.publish()}
        changed = {lead: decode_scores(data) for lead, data in published.items() if data is not None}
        self.published.update(changed)
        for lead_id in published.keys() - changed.keys():
            self.published.pop(lead_id, None)
        existing = {lead.id for lead in self.oracle.leads.values() if lead.exists}
        assert set(self.published) == existing, f"{where}: who has scores"
        touched = {step.lead} if isinstance(step, Event | Profile) and self.partition.counts.scored > scored else set()
        for lead in self.oracle.leads.values():
            if lead.id in existing and (not self._decays or lead.id in changed.keys() & touched):
                self._compare_scores(self.published[lead.id], lead, where)

    def _restart(self) -> None:
        self._changelog.update(self.partition.flush())
        again = Partition(self.engine, 0, live_rows_max=1)
        for key, row in self._changelog.items():
            again.restore(key, row)
        again.restored()
        if self._advanced_ms >= self.oracle.now_ms:
            again.advance(self._advanced_ms, None)  # a worker's wall clock does that
        self.partition = again

    def _compare_alerts(self, got: list[Alert], expected: list[OracleAlert], where: str) -> None:
        if self._decays:
            _reject_near_moments(expected, self.oracle.now_ms)
        for lead in {alert.lead_id for alert in got} | {alert.lead for alert in expected}:
            ours = _in_order([self._of_engine(alert) for alert in got if alert.lead_id == lead])
            theirs = _in_order([self._of_oracle(alert) for alert in expected if alert.lead == lead])
            short = [[{key: alert[key] for key in ("kind", "id", "value", "occurred_at")} for alert in side] for side in (ours, theirs)]
            assert short[0] == short[1], f"{where}: alerts of {lead}"
            for our, their in zip(ours, theirs, strict=True):
                assert our == their, f"{where}: alert {our['id']} of {lead}"

    def _compare_scores(self, got: LeadScores, lead: OracleLead, where: str) -> None:
        numbers, nearness = lead.numbers, 2e-6 if self._decays else 1e-9
        ours = {
            **self._shown(got.total, got.scores, got.reasons, nearness),
            "stage": got.stage,
            "events": got.events,
            "alerts": got.alerts,
            "first_seen_at": parse_rfc3339(got.first_seen_at),
            "last_event_at": None if got.last_event_at is None else parse_rfc3339(got.last_event_at),
        }
        theirs = {
            **self._expected(numbers, lead.given, nearness),
            "stage": stage_of(self.model, numbers.total),
            "events": len(lead.events),
            "alerts": lead.alerts,
            "first_seen_at": lead.first_seen_ms,
            "last_event_at": max((event.time_ms for event in lead.events), default=None),
        }
        assert ours == theirs, f"{where}: scores of {lead.id}"

    def _of_engine(self, alert: Alert) -> dict[str, Any]:
        self._check_evidence(alert)
        trigger = None if alert.trigger is None else (alert.trigger.topic, alert.trigger.offset)
        if alert.trigger is not None:
            assert self._records[alert.trigger.topic, alert.trigger.offset][1] == alert.trigger.event_id
        near = self._nearness(trigger)
        crossed = (alert.direction, alert.score, Near(alert.before, near), Near(alert.after, near), alert.at, alert.action)
        shown = self._shown(alert.total, alert.scores, alert.reasons, near)
        time_ms = parse_rfc3339(alert.occurred_at)
        assert time_ms is not None
        what = {"kind": alert.kind, "id": alert.id, "value": alert.value, "occurred_at": self._moment(time_ms, trigger)}
        return {**what, "trigger": trigger, "crossed": crossed, "stage": alert.stage, **shown}

    def _of_oracle(self, alert: OracleAlert) -> dict[str, Any]:
        crossed, near = alert.crossed, self._nearness(alert.trigger)
        numbers = (crossed.direction, crossed.score, Near(crossed.before, near), Near(crossed.after, near), crossed.at, crossed.action)
        what = {"kind": crossed.kind, "id": crossed.id, "value": crossed.value, "occurred_at": self._moment(alert.time_ms, alert.trigger)}
        shown = self._expected(alert.numbers, alert.given, near)
        return {**what, "trigger": alert.trigger, "crossed": numbers, "stage": alert.stage, **shown}

    def _check_evidence(self, alert: Alert) -> None:
        """Evidence names records of this lead, each once, and at most 10 for a reason."""
        for reason in alert.reasons:
            seen = set()
            assert len(reason.evidence) <= 10
            for reference in reason.evidence:
                lead, event_id, time_ms = self._records[reference.topic, reference.offset]
                assert (lead, event_id, time_ms) == (alert.lead_id, reference.event_id, parse_rfc3339(str(reference.occurred_at)))
                seen.add((reference.topic, reference.offset))
            assert len(seen) == len(reason.evidence)

    def _shown(self, total: float, scores: dict[str, Any], reasons: list[ReasonFor], near: float) -> dict[str, Any]:
        kept = {name: self._categories(name, of, near) if isinstance(of, dict) else Near(of, near) for name, of in scores.items()}
        given = {(reason.rule, reason.score, reason.value): (Near(reason.points, near), reason.times) for reason in reasons}
        assert len(given) == len(reasons), "a reason is there twice"
        return {"total": Near(total, near), "scores": kept, "reasons": given}

    def _expected(self, numbers: Numbers, given: list[tuple[Any, Given]], near: float) -> dict[str, Any]:
        scores: dict[str, Any] = {name: Near(number, near) for name, number in numbers.flat.items()}
        scores |= {name: self._categories(name, categories, near) for name, categories in numbers.by.items()}
        reasons = {(rule.id, rule.score, one.value): (Near(one.points, near), one.times) for rule, one in given}
        return {"total": Near(numbers.total, near), "scores": scores, "reasons": reasons}

    def _categories(self, name: str, categories: dict[str, float], near: float) -> dict[str, Any]:
        """Those that have something; a category of nothing may be shown or left out."""
        nothing = clamped(self._scores[name], 0)
        return {category: Near(number, near) for category, number in categories.items() if abs(number - nothing) > near}

    def _nearness(self, trigger: tuple[str, int] | None) -> float:
        """How near numbers must be; those of a moment that decay made, which is dated to 2 s, as far as decay takes them in that time."""
        return 1e-9 if not self._decays else 2e-6 if trigger is not None else 0.1

    def _moment(self, time_ms: int, trigger: tuple[str, int] | None) -> float:
        """When decay crosses something is said to 2 s."""
        return Near(time_ms, 2000 if self._decays and trigger is None else 0)


class Near(float):
    """A number that equals what is near to it."""

    def __new__(cls, number: float, tolerance: float) -> Near:
        made = super().__new__(cls, number)
        made.tolerance = tolerance
        return made

    tolerance: float

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and abs(self - other) <= self.tolerance

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]  # equal by what it holds, so no key


def _reject_near_moments(alerts: list[OracleAlert], now_ms: int) -> None:
    """What decays is dated to 2 s: of moments that are nearer than that nobody can say which came first, or whether one has come yet."""
    times_ms = sorted({alert.time_ms for alert in alerts if alert.trigger is None})
    if times_ms and any(later_ms - earlier_ms <= 4000 for earlier_ms, later_ms in pairwise([*times_ms, now_ms])):
        reject()


def _in_order(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The order in which several values of one rule rise in one moment is not said."""
    ordered: list[dict[str, Any]] = []
    for _, group in groupby(alerts, key=lambda alert: (alert["occurred_at"], alert["trigger"], alert["kind"], alert["id"])):
        ordered += sorted(group, key=lambda alert: str(alert["value"]))
    return ordered
