"""The message of a rejected record (contract, section 6)."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest

from topics.rejects import Reason, Refusal, encode_reject


def test_reasons_are_those_of_the_contract() -> None:
    """Every reason of section 6 can be given, and no other."""
    assert {reason.value for reason in Reason} == {
        "not-utf8",
        "not-json",
        "not-an-object",
        "too-large",
        "no-key",
        "key-mismatch",
        "missing-field",
        "bad-field",
        "bad-time",
        "from-the-future",
        "failed",
    }


def test_a_reject_says_which_record_it_was() -> None:
    """Reason, detail, the record's place, key and value in base64."""
    message = encode_reject(Refusal(Reason.NOT_JSON, "the value is not JSON"), "calls", 3, 42, b"lead-\xff", b"{]")
    assert json.loads(message) == {
        "reason": "not-json",
        "detail": "the value is not JSON",
        "topic": "calls",
        "partition": 3,
        "offset": 42,
        "key": "bGVhZC3/",
        "value": "e10=",
    }


@pytest.mark.parametrize(("size", "kept"), [(65_535, 65_535), (65_536, 65_536), (65_537, 65_536), (1_000_000, 65_536)])
def test_a_long_value_is_cut(size: int, kept: int) -> None:
    """Of the value 64 KiB are kept."""
    message = json.loads(encode_reject(Refusal(Reason.TOO_LARGE, "too large"), "calls", 0, 0, b"k", b"x" * size))
    assert b64decode(message["value"]) == b"x" * kept


def test_what_is_not_there_is_null() -> None:
    """A record without key or value keeps them null, which an empty one is not."""
    message = json.loads(encode_reject(Refusal(Reason.NO_KEY, "no key"), "calls", 0, 0, None, None))
    assert (message["key"], message["value"]) == (None, None)
    message = json.loads(encode_reject(Refusal(Reason.NO_KEY, "no key"), "calls", 0, 0, b"", b""))
    assert (message["key"], message["value"]) == ("", "")


def test_a_long_detail_is_cut() -> None:
    """A reject cannot grow with what the record says."""
    message = json.loads(encode_reject(Refusal(Reason.BAD_FIELD, "x" * 100_000), "calls", 0, 0, b"k", b"v"))
    assert len(message["detail"]) == 300
