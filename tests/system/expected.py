"""Records of a partition come in; what the oracle derives from them leaves, and what the worker said in the same form.

Leads know nothing of one another but the clock of their partition, so each lead has an oracle of its own, and the clock is passed
from record to record. That keeps the oracle, which looks at the whole history at each moment, quick enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from streamer.model.spec import Model
from tests.oracle.crossings import stage_of
from tests.oracle.oracle import Oracle, OracleAlert, OracleLead
from tests.system.story import Sent
from topics.alerts import Alert, LeadScores, Reference
from topics.times import parse_rfc3339

DIGITS = 6
Reasons = frozenset[tuple[str, str, Any, float, int]]


class ToldAlert(NamedTuple):
    """What an alert says, in a form that can be compared and counted."""

    lead: str
    kind: str
    id: str
    direction: str
    score: str
    value: Any
    before: float
    after: float
    at: float | None
    action: str | None
    occurred_at_ms: int | None
    trigger: tuple[str, int, int] | None
    total: float
    stage: str | None
    reasons: Reasons


class ToldScores(NamedTuple):
    """What the scores of a lead say, in a form that can be compared."""

    total: float
    scores: frozenset[tuple[str, str | None, float]]
    stage: str | None
    events: int
    alerts: int
    first_seen_ms: int | None
    last_event_ms: int | None
    reasons: Reasons


@dataclass
class Expected:
    """What must be there once everything is scored."""

    alerts: Counter[ToldAlert] = field(default_factory=Counter)
    scores: dict[str, ToldScores] = field(default_factory=dict)


def expected(model: Model, partition: int, records: list[Sent], now_ms: int) -> Expected:
    """Recomputes a partition over its records in the order of time; the clock is brought to `now_ms` at the end."""
    found = Expected()
    oracles: dict[str, Oracle] = {}
    alerts: list[OracleAlert] = []
    offsets: Counter[str] = Counter()
    clock_ms = 0
    for sent in records:
        offset = offsets[sent.topic.name]
        offsets[sent.topic.name] += 1
        if sent.refused is None:
            assert sent.key is not None
            key = sent.key.decode()
            oracle = oracles.setdefault(key, Oracle(model))
            alerts += oracle.advance(clock_ms)
            alerts += oracle.take(sent.topic.name, offset, key, orjson.loads(sent.value) if sent.value else None, sent.timestamp)
            clock_ms = max(clock_ms, oracle.now_ms)
    for oracle in oracles.values():
        alerts += oracle.advance(now_ms)
        found.scores |= {lead.id: scores_of_oracle(model, lead) for lead in oracle.leads.values() if lead.exists}
    found.alerts.update(alert_of_oracle(alert, partition) for alert in alerts)
    return found


def told_alert(alert: Alert, prefix: str) -> ToldAlert:
    """An alert of the worker."""
    return ToldAlert(
        alert.lead_id,
        alert.kind,
        alert.id,
        alert.direction,
        alert.score,
        alert.value,
        round(alert.before, DIGITS),
        round(alert.after, DIGITS),
        alert.at,
        alert.action,
        parse_rfc3339(alert.occurred_at),
        _place(alert.trigger, prefix),
        round(alert.total, DIGITS),
        alert.stage,
        _reasons(alert),
    )


def told_scores(scores: LeadScores) -> ToldScores:
    """The scores of a lead from the worker."""
    last_event_ms = None if scores.last_event_at is None else parse_rfc3339(scores.last_event_at)
    return ToldScores(
        round(scores.total, DIGITS),
        _one_by_one(scores.scores),
        scores.stage,
        scores.events,
        scores.alerts,
        parse_rfc3339(scores.first_seen_at),
        last_event_ms,
        _reasons(scores),
    )


def alert_of_oracle(alert: OracleAlert, partition: int) -> ToldAlert:
    """An alert of the oracle."""
    crossed = alert.crossed
    return ToldAlert(
        alert.lead,
        crossed.kind,
        crossed.id,
        crossed.direction,
        crossed.score,
        crossed.value,
        round(crossed.before, DIGITS),
        round(crossed.after, DIGITS),
        crossed.at,
        crossed.action,
        alert.time_ms,
        None if alert.trigger is None else (alert.trigger[0], partition, alert.trigger[1]),
        round(alert.numbers.total, DIGITS),
        alert.stage,
        frozenset((rule.id, rule.score, one.value, round(one.points, DIGITS), one.times) for rule, one in alert.given),
    )


def scores_of_oracle(model: Model, lead: OracleLead) -> ToldScores:
    """The scores of a lead from the oracle."""
    numbers = lead.numbers
    return ToldScores(
        round(numbers.total, DIGITS),
        _one_by_one({**numbers.flat, **numbers.by}),
        stage_of(model, numbers.total),
        len(lead.events),
        lead.alerts,
        lead.first_seen_ms,
        max((event.time_ms for event in lead.events), default=None),
        frozenset((rule.id, rule.score, one.value, round(one.points, DIGITS), one.times) for rule, one in lead.given),
    )


def _one_by_one(scores: Mapping[str, float | dict[str, float]]) -> frozenset[tuple[str, str | None, float]]:
    """Each number with its score and category; a category with nothing in it is left out."""
    of_categories = {name: of if isinstance(of, dict) else {None: of} for name, of in scores.items()}
    numbers = [(name, category, round(number, DIGITS)) for name, of in of_categories.items() for category, number in of.items()]
    return frozenset((name, category, number) for name, category, number in numbers if number or category is None)


def _reasons(told: Alert | LeadScores) -> Reasons:
    return frozenset((one.rule, one.score, one.value, round(one.points, DIGITS), one.times) for one in told.reasons)


def _place(trigger: Reference | None, prefix: str) -> tuple[str, int, int] | None:
    return None if trigger is None else (trigger.topic.removeprefix(prefix), trigger.partition, trigger.offset)
