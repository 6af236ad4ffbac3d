"""Made-up scores and alerts as the scorer publishes them."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from topics.times import format_rfc3339

START_MS = 1_767_225_600_000


def scores(lead_id: str, total: float, *, ms: int = START_MS, **other: Any) -> bytes:
    """The value of a record of lead-scores."""
    fields = {
        "lead_id": lead_id,
        "total": total,
        "scores": {"interest": total, "fit": 0, "product": {}},
        "stage": None,
        "updated_at": format_rfc3339(ms),
        "first_seen_at": format_rfc3339(START_MS),
        "last_event_at": format_rfc3339(ms),
        "events": 1,
        "reasons": [reason("visit", total)],
        "profile": {},
        "model_version": "made-1",
        "alerts": 0,
    }
    return orjson.dumps(fields | other)


def reason(rule: str, points: float, **other: Any) -> dict[str, Any]:
    """A reason with a piece of evidence."""
    evidence = {"topic": "page-views", "partition": 0, "offset": 7, "event_id": f"e-{rule}", "occurred_at": format_rfc3339(START_MS)}
    return {"rule": rule, "score": "interest", "points": points, "times": 1, "evidence": [evidence]} | other


def alert(lead_id: str, number: int, *, ms: int = START_MS, **other: Any) -> bytes:
    """The value of a record of lead-alerts; the number makes its id."""
    fields = {
        "alert_id": alert_id(lead_id, number),
        "kind": "threshold",
        "id": "hot",
        "direction": "up",
        "lead_id": lead_id,
        "score": "total",
        "before": 28,
        "after": 33,
        "at": 30,
        "scores": {"interest": 33},
        "total": 33,
        "stage": "interest",
        "occurred_at": format_rfc3339(ms - 100),
        "decided_at": format_rfc3339(ms),
        "model_version": "made-1",
        "action": "call-task",
        "value": None,
        "trigger": {"topic": "page-views", "partition": 0, "offset": 7, "event_id": "e"},
        "reasons": [reason("visit", 33)],
        "profile": {"name": "Anna Nowak", "manager": "Ewa"},
    }
    return orjson.dumps(fields | other)


def alert_id(lead_id: str, number: int) -> str:
    """The id of the alert that `alert` makes."""
    return hashlib.md5(f"{lead_id}/{number}".encode(), usedforsecurity=False).hexdigest()
