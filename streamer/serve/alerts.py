"""A record of `lead-alerts` comes in; what the view keeps of the alert leaves, and how it reads again what it kept."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, NamedTuple

import msgspec

from streamer.serve.cards import Entry
from streamer.serve.packing import PLAIN
from streamer.serve.words import one_line, text_or_none
from topics.limits import FUTURE_MS_MAX
from topics.times import TIME_MS_MAX, format_rfc3339, parse_rfc3339

HOUR_MS: Final = 3_600_000
# Older than this when it is read, an alert is history: it is not told to those who watch.
NEWS_MS_MAX: Final = 60_000
ALERT_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
BY_TIME: Final = "time"


class Trigger(msgspec.Struct, gc=False):
    topic: str


class Seen(msgspec.Struct, kw_only=True, gc=False):
    """The fields of an alert that the view looks into."""

    alert_id: str
    kind: Literal["threshold", "rule", "stage"]
    id: str
    lead_id: str
    occurred_at: str
    decided_at: str
    trigger: Trigger | None
    profile: dict[str, Any]


class Member(NamedTuple):
    """What the index of alerts says of one: id, kind and rule, and whose it is."""

    alert_id: str
    kind: str
    id: str
    lead_id: str


KINDS: Final = {kind[0]: kind for kind in ("threshold", "rule", "stage")}
_decode: Final = msgspec.json.Decoder(Seen).decode


def entry_of(offset: int, value: bytes, produced_ms: int, now_ms: int, prefix: str) -> Entry | None:
    """What the view applies of an alert, None without a proper id; `produced_ms` is its record's time, `prefix` that of topics."""
    alert = _decode(value)
    if not ALERT_ID.fullmatch(alert.alert_id):
        return None
    decided_ms = parse_rfc3339(alert.decided_at)
    decided_ms = produced_ms if decided_ms is None else decided_ms
    delay_ms = -1
    channel = BY_TIME
    if alert.trigger is not None:
        channel = one_line(alert.trigger.topic.removeprefix(prefix))
        occurred_ms = parse_rfc3339(alert.occurred_at)
        delay_ms = -1 if occurred_ms is None else max(0, produced_ms - occurred_ms)
    # The last field of the alert's JSON is ours.
    whole = value.rstrip()[:-1] + f',"seen_at":"{format_rfc3339(produced_ms)}"}}'.encode()
    meta = (
        offset,
        alert.alert_id,
        alert.lead_id,
        produced_ms,
        decided_ms,
        alert.kind[0] + one_line(alert.id),
        decided_ms - decided_ms % HOUR_MS,
        channel,
        one_line(text_or_none(alert.profile, "manager") or ""),
        delay_ms,
        now_ms - produced_ms <= NEWS_MS_MAX,
        # By then the lead's first event was dated, which may have been a little ahead of the clock.
        format_rfc3339(min(decided_ms + FUTURE_MS_MAX, TIME_MS_MAX)),
    )
    return Entry(meta, (PLAIN.pack(whole),))


def member_of(text: str) -> Member:
    """Reads a member of the index, as `lua/alerts.lua` wrote it."""
    head, _, lead_id = text.partition("\n")
    return Member(head[:32], KINDS.get(head[32:33], ""), head[33:], lead_id)
