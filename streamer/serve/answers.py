"""The shapes of what the API answers; the OpenAPI document is made from them, and so are the answers that are not ready-made JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from streamer.serve.cards import Card
from topics.alerts import Alert, LeadScores

Named = tuple[str, int]


class ListedLead(Card, kw_only=True):
    """A lead in a list: its three weightiest reasons without evidence, and its newest totals as [ms, total]."""

    history: list[tuple[int, float]]


class Leads(msgspec.Struct):
    """A page of leads. `next` is the cursor of the next page: a page may be short, the last one has none."""

    leads: list[ListedLead]
    next: str | None
    stale_ms: int


class SeenAlert(Alert, kw_only=True):
    """An alert, with the time at which its record came to Kafka."""

    seen_at: str


class Lead(LeadScores, kw_only=True):
    """A lead with all its reasons, their evidence, and its alerts, newest first."""

    history: list[tuple[int, float]]
    alert_history: list[SeenAlert]
    stale_ms: int


class Alerts(msgspec.Struct):
    """A page of alerts, newest first."""

    alerts: list[SeenAlert]
    next: str | None


class Delay(msgspec.Struct):
    """Milliseconds from the trigger's time to the alert's record, over the newest 1,000 alerts that an event triggered."""

    p50: int | None
    p90: int | None
    p99: int | None


class Stats(msgspec.Struct):
    """The numbers of the funnel. Alerts by hour, channel and manager are those of the last 24 hours, which begin on the hour."""

    leads: int
    stages: dict[str, int]
    alerts: int
    alerts_per_hour: list[tuple[int, int]]
    alerts_by_channel: dict[str, int]
    alerts_by_manager: dict[str, int]
    delay_ms: Delay
    stale_ms: int
    model_version: str


class Filters(msgspec.Struct):
    """What the leads can be filtered by: values with the number of their leads, most first; and the scores they can be ordered by."""

    stages: list[Named]
    cities: list[Named]
    managers: list[Named]
    categories: list[Named]
    scores: list[str]


class StageShape(msgspec.Struct):
    """A stage and the total from which on it holds."""

    name: str
    at: float


class ThresholdShape(msgspec.Struct):
    """A threshold: what it watches in words, and what is to be done."""

    id: str
    when: str
    action: str | None


class RuleShape(msgspec.Struct):
    """A rule: what it asks for in words, what it gives and for how long, and how many leads it gives points to now."""

    id: str
    form: str
    when: str
    points: float
    score: str
    leads: int
    award: str
    within_ms: int | None
    expires_after_ms: int | None
    half_life_ms: int | None


class ModelShape(msgspec.Struct):
    """The scoring model in words; `total` is its formula."""

    version: str
    total: str
    stages: list[StageShape]
    thresholds: list[ThresholdShape]
    rules: list[RuleShape]


class Progress(msgspec.Struct):
    """How many records of how many are in the view."""

    done: int
    of: int


class Health(msgspec.Struct):
    """`status` is ok, rebuilding, stale (Kafka does not answer, or the view is not kept up) or down (Redis does not answer)."""

    status: str
    redis: str
    kafka: str
    stale_ms: int | None
    rebuilding: Progress | None


class Error(msgspec.Struct):
    """What went wrong, in one line."""

    error: str


class Changed(msgspec.Struct):
    """How many score updates came since the last such event."""

    leads: int


def json(answer: Any) -> bytes:
    """An answer as JSON."""
    return msgspec.json.encode(answer)
