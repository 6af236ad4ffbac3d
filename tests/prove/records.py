"""One input record comes in; what the proof takes it for leaves: an event, a profile, an erasure, or the reason of its refusal.

Written from the contract's section 2 for what the load of the proof can hold, with nothing of the scorer's reading.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

FUTURE_MS: Final = 5 * 60 * 1000
ACTIONS: Final = {"email-events": "email", "webinars": "webinar"}
SINGULAR: Final = {"page-views": "page_view", "calls": "call", "purchases": "purchase", "messages": "message", "activities": "activity"}


class Seen(NamedTuple):
    """An accepted record: `fields` is its object."""

    offset: int
    id: str
    kind: str
    time_ms: int
    is_human: bool
    fields: dict[str, Any]


def seen(topic: str, offset: int, place: str, key: str, value: bytes, timestamp_ms: int) -> Seen | str:
    """The record as the contract reads it; a string is the reason for which it is refused. `place` is the id of an event without one."""
    try:
        fields = json.loads(value)
    except ValueError:
        return "not-json"
    if not isinstance(fields, dict):
        return "not-an-object"
    if fields.get("lead_id", key) != key:
        return "key-mismatch"
    if topic == "lead-erasures":
        return Seen(offset, "", "erasure", fields["requested_at"], True, fields)
    if topic == "lead-profiles":
        nested = any(isinstance(content, list | dict) for content in fields.values())
        return "bad-field" if nested else Seen(offset, "", "profile", timestamp_ms, True, fields)
    time_ms = _time_ms(fields.get("occurred_at", timestamp_ms))
    if time_ms is None:
        return "bad-time"
    if time_ms > timestamp_ms + FUTURE_MS:
        return "from-the-future"
    kind = f"{ACTIONS[topic]}_{fields['action']}" if topic in ACTIONS else SINGULAR[topic]
    if topic == "page-views":
        fields["path"] = urlsplit(fields["url"]).path
    return Seen(offset, fields.get("event_id") or place, kind, time_ms, fields.get("human", True), fields)


def _time_ms(given: str | int) -> int | None:
    if isinstance(given, int):
        return given
    try:
        return round(datetime.fromisoformat(given).timestamp() * 1000)
    except ValueError:
        return None
