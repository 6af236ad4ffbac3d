"""One record's JSON value in, the event that happened out: its kind, its time, and its fields with the defaults of section 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from topics.times import parse_rfc3339


@dataclass(frozen=True)
class Happened:
    """An accepted event. `time_ms` is its event time, `arrival` its place in the order of arrival."""

    topic: str
    offset: int
    event_id: str
    kind: str
    time_ms: int
    arrival: int
    fields: dict[str, Any]


def happened(topic: str, offset: int, value: dict[str, Any], timestamp_ms: int, arrival: int) -> Happened:
    """The event of a valid record."""
    given = value.get("occurred_at")
    time_ms = timestamp_ms if given is None else parse_rfc3339(given) if isinstance(given, str) else given
    assert isinstance(time_ms, int)
    fields = dict(value)
    kind = {"page-views": "page_view", "calls": "call", "purchases": "purchase", "messages": "message", "activities": "activity"}.get(topic)
    if kind is None:
        kind = {"email-events": "email_", "webinars": "webinar_"}[topic] + value["action"]
    if topic == "page-views" and fields.get("path") is None:
        fields["path"] = _path(fields["url"])
    if topic == "messages" and fields.get("direction") is None:
        fields["direction"] = "inbound"
    return Happened(topic, offset, value.get("event_id") or f"{topic}/0/{offset}", kind, time_ms, arrival, fields)


def _path(url: str) -> str:
    bare = url.split("#")[0].split("?")[0]
    if "://" not in bare:
        return bare
    host_and_path = bare.split("://", 1)[1]
    return "/" + host_and_path.split("/", 1)[1] if "/" in host_and_path else "/"
