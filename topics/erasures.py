"""Erasure records in, the time up to which a lead is to be forgotten or a refusal out (contract, section 1)."""

from __future__ import annotations

from topics.limits import EVENT_BYTES_MAX
from topics.reading import check_lead, check_time, read_object
from topics.rejects import Refusal
from topics.times import parse_rfc3339


def read_erasure(key: bytes | None, value: bytes | None, timestamp_ms: int) -> int | Refusal:
    """`requested_at` in epoch milliseconds; where it is missing, the record's timestamp, since an erasure must not fail for that."""
    found = read_object(key, value, EVENT_BYTES_MAX)
    if isinstance(found, Refusal):
        return found
    lead_id, fields = found
    refusal = check_lead(lead_id, fields) or check_time(fields, timestamp_ms, "requested_at")
    if refusal is not None:
        return refusal
    requested_at = fields.get("requested_at")
    if isinstance(requested_at, str):
        requested_at = parse_rfc3339(requested_at)
    return timestamp_ms if requested_at is None else int(requested_at)
