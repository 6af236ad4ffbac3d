"""Rejected records (contract, section 6): why a record was refused, and the message that says so."""

from __future__ import annotations

from base64 import b64encode
from enum import StrEnum
from typing import NamedTuple

import orjson

from topics.limits import REJECT_DETAIL_CHARS_MAX, REJECTED_KEY_BYTES_MAX, REJECTED_VALUE_BYTES_MAX


class Reason(StrEnum):
    """Why a record is in `rejected-events`."""

    NO_KEY = "no-key"
    NOT_UTF8 = "not-utf8"
    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    NOT_AN_OBJECT = "not-an-object"
    KEY_MISMATCH = "key-mismatch"
    BAD_TIME = "bad-time"
    FROM_THE_FUTURE = "from-the-future"
    MISSING_FIELD = "missing-field"
    BAD_FIELD = "bad-field"
    FAILED = "failed"


class Refusal(NamedTuple):
    """A refused record as a value: the reason, and a sentence that names the field."""

    reason: Reason
    detail: str


def encode_reject(refusal: Refusal, topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None) -> bytes:
    """The JSON message for `rejected-events`; key and value in base64, cut where they are long."""
    return orjson.dumps(
        {
            "reason": refusal.reason,
            "detail": refusal.detail[:REJECT_DETAIL_CHARS_MAX],
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "key": None if key is None else b64encode(key[:REJECTED_KEY_BYTES_MAX]).decode(),
            "value": None if value is None else b64encode(value[:REJECTED_VALUE_BYTES_MAX]).decode(),
        }
    )
