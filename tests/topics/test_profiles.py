"""Profiles (contract, section 2): flat objects of at most 4 KiB; what the model uses and eight fields are kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from topics.profiles import ProfileReader
from topics.rejects import Reason, Refusal
from topics.times import TIME_MS_MAX

READ = ProfileReader(["budget", "segment"]).read
SENT_MS = 1_795_343_400_000


def read(profile: Any, key: bytes | None = b"lead-1") -> Any:
    """A profile given as a Python value."""
    return READ(key, json.dumps(profile).encode(), SENT_MS)


def test_what_people_and_the_model_look_at_is_kept() -> None:
    """Name, email, phone, job title, company, country, city and manager stay, and the fields of the model; null is absent."""
    always = {field: field for field in ("name", "email", "phone", "job_title", "company", "country", "city", "manager")}
    assert read({**always, "budget": 10, "segment": None, "stage": "x", "lead_id": "lead-1"}) == {**always, "budget": 10}


def test_values_keep_their_types() -> None:
    """Numbers and booleans are not turned into strings."""
    assert read({"budget": 1.5, "segment": True, "name": ""}) == {"budget": 1.5, "segment": True, "name": ""}


def test_strings_are_cut_at_256_characters() -> None:
    """Of a long string its first 256 characters stay, whatever their size in bytes."""
    assert read({"name": "ż" * 300}) == {"name": "ż" * 256}
    assert read({"name": "x" * 256}) == {"name": "x" * 256}


@pytest.mark.parametrize("value", [None, b""])
def test_an_empty_value_removes_the_profile(value: bytes | None) -> None:
    """A tombstone is a profile without fields."""
    assert READ(b"lead-1", value, SENT_MS) == {}


@pytest.mark.parametrize(
    ("key", "value", "reason", "named"),
    [
        (None, b"{}", Reason.NO_KEY, "key"),
        (b"", b"{}", Reason.NO_KEY, "key"),
        (None, None, Reason.NO_KEY, "key"),
        (b"\xff", b"{}", Reason.NOT_UTF8, "key"),
        (b"\xff", b"", Reason.NOT_UTF8, "key"),
        (b"lead-1", b'{"name": "\xff"}', Reason.NOT_UTF8, "byte 10"),
        (b"lead-1", b'{"name": "' + b"x" * 4100 + b'"}', Reason.TOO_LARGE, "4096"),
        (b"lead-1", b"{", Reason.NOT_JSON, "JSON"),
        (b"lead-1", b" ", Reason.NOT_JSON, "JSON"),
        (b"lead-1", b"[]", Reason.NOT_AN_OBJECT, "array"),
        (b"lead-1", b"null", Reason.NOT_AN_OBJECT, "null"),
        (b"lead-1", b'{"lead_id": "lead-2"}', Reason.KEY_MISMATCH, "lead-2"),
        (b"lead-1", b'{"lead_id": 1}', Reason.BAD_FIELD, "lead_id"),
        (b"x" * 257, b"{}", Reason.BAD_FIELD, "lead_id"),
        (b"lead-1", b'{"address": {"city": "Warsaw"}}', Reason.BAD_FIELD, "address"),
        (b"lead-1", b'{"tags": []}', Reason.BAD_FIELD, "tags"),
        (b"lead-1", b'{"budget": -1e999}', Reason.BAD_FIELD, "budget"),
    ],
)
def test_a_bad_profile_is_refused(key: bytes | None, value: bytes | None, reason: Reason, named: str) -> None:
    """Each fault has its reason, and the detail names what is wrong."""
    refusal = READ(key, value, SENT_MS)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason
    assert named in refusal.detail


@pytest.mark.parametrize("value", [b'{"name": "Ann"}', b""])
@pytest.mark.parametrize("timestamp_ms", [-1, TIME_MS_MAX + 1, SENT_MS * 1000])
def test_a_record_time_that_no_event_may_have_is_refused(value: bytes, timestamp_ms: int) -> None:
    """Microseconds, say: the clock would go to where no time can be written, and the worker with it."""
    refusal = READ(b"lead-1", value, timestamp_ms)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.BAD_TIME
    assert READ(b"lead-1", value, TIME_MS_MAX) == READ(b"lead-1", value, 0) == READ(b"lead-1", value, SENT_MS)


def test_four_kibibytes_are_the_most() -> None:
    """4096 bytes are accepted, one more is not."""
    frame = len(b'{"name":""}')
    assert READ(b"lead-1", b'{"name":"' + b"x" * (4096 - frame) + b'"}', SENT_MS) == {"name": "x" * 256}
    refusal = READ(b"lead-1", b'{"name":"' + b"x" * (4097 - frame) + b'"}', SENT_MS)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.TOO_LARGE
