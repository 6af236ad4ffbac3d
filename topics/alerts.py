"""Alerts (contract, section 4) and current scores (section 5): typed, with their JSON codecs."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Number = int | float
Scores = dict[str, Number | dict[str, Number]]


class Reference(msgspec.Struct, kw_only=True, gc=False):
    """The record behind something; `occurred_at` (RFC 3339) is there in evidence, not in a trigger."""

    topic: str
    partition: int
    offset: int
    event_id: str
    occurred_at: str | msgspec.UnsetType = msgspec.UNSET


class ReasonFor(msgspec.Struct, gc=False, omit_defaults=True):
    """What one rule adds to a score. `value` is the category or the `same` value; the points of a score's reasons add up to its sum."""

    rule: str
    score: str
    points: Number
    times: int
    value: str | int | float | bool | None = None
    evidence: list[Reference] = []


class Alert(msgspec.Struct, kw_only=True, gc=False):
    """Something a person or a program is to react to. Drop repeats by `alert_id`."""

    alert_id: str
    kind: Literal["threshold", "rule", "stage"]
    id: str
    direction: Literal["up", "down"]
    lead_id: str
    score: str
    before: Number
    after: Number
    at: Number | None
    scores: Scores
    total: Number
    stage: str | None
    occurred_at: str
    decided_at: str
    model_version: str
    action: str | None
    value: str | int | float | bool | None
    trigger: Reference | None
    reasons: list[ReasonFor]
    profile: dict[str, Any]


class LeadScores(msgspec.Struct, kw_only=True, gc=False):
    """A lead's current state, as published to `lead-scores`; times are RFC 3339, `events` counts scored ones."""

    lead_id: str
    total: Number
    scores: Scores
    stage: str | None
    updated_at: str
    first_seen_at: str
    last_event_at: str | None
    events: int
    reasons: list[ReasonFor]
    profile: dict[str, Any]
    model_version: str
    alerts: int


_encoder = msgspec.json.Encoder()
encode_alert = _encoder.encode
encode_scores = _encoder.encode
decode_alert = msgspec.json.Decoder(Alert).decode
decode_scores = msgspec.json.Decoder(LeadScores).decode
