"""Event records (contract, sections 2 and 6): each refusal with its reason and the field it names, in the order of the checks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from topics.events import Event
from topics.reading import EventReader
from topics.registry import BY_NAME
from topics.rejects import Reason, Refusal

NOW_MS = 1_795_341_600_000
READERS = {
    name: EventReader(BY_NAME[name]) for name in ("page-views", "email-events", "calls", "webinars", "purchases", "messages", "activities")
}
GOOD: dict[str, dict[str, Any]] = {
    "page-views": {"url": "https://x.example/a"},
    "email-events": {"action": "opened"},
    "calls": {"direction": "inbound", "outcome": "answered"},
    "webinars": {"action": "watched", "webinar_id": "w"},
    "purchases": {"order_id": "o"},
    "messages": {},
    "activities": {"name": "e-book"},
}
REQUIRED = [(topic, field) for topic, fields in GOOD.items() for field in fields]


def read(topic: str, value: Any, key: bytes | None = b"lead-1", now_ms: int = NOW_MS) -> Any:
    """A record; a value that is not bytes is made JSON."""
    return READERS[topic].read(key, value if isinstance(value, bytes | None) else json.dumps(value).encode(), now_ms)


def refused(topic: str, value: Any, key: bytes | None = b"lead-1", now_ms: int = NOW_MS) -> Refusal:
    """The refusal of a record that must have one."""
    refusal = read(topic, value, key, now_ms)
    assert isinstance(refusal, Refusal), refusal
    return refusal


@pytest.mark.parametrize("topic", GOOD)
def test_what_is_required_is_enough(topic: str) -> None:
    """An event of the required fields alone is accepted; the rest has the defaults of the contract."""
    event = read(topic, GOOD[topic])
    assert isinstance(event, Event)
    assert (event.lead_id, event.occurred_at, event.human) == ("lead-1", NOW_MS, True)
    assert (event.event_id, event.source, event.channel, event.category) == (None, None, None, None)


@pytest.mark.parametrize("topic", GOOD)
def test_null_is_absent(topic: str) -> None:
    """A field that is null takes its default."""
    nulls = {name: None for name in READERS[topic]._type.__struct_fields__ if name not in GOOD[topic]}
    assert read(topic, {**nulls, **GOOD[topic]}) == read(topic, GOOD[topic])


@pytest.mark.parametrize("topic", GOOD)
def test_other_fields_do_no_harm(topic: str) -> None:
    """Fields that are not named are accepted, whatever they hold."""
    assert isinstance(read(topic, {**GOOD[topic], "utm": {"a": [1, None]}, "": 0, "class": "x"}), Event)


@pytest.mark.parametrize(("topic", "field"), REQUIRED)
@pytest.mark.parametrize("absent", [False, True])
def test_a_required_field_may_not_be_missing(topic: str, field: str, *, absent: bool) -> None:
    """Missing or null, the detail names the field."""
    value = {**GOOD[topic], field: None}
    if absent:
        del value[field]
    assert refused(topic, value) == Refusal(Reason.MISSING_FIELD, f"{field} is required")


@pytest.mark.parametrize(
    ("topic", "field", "wrong"),
    [
        ("page-views", "url", 1),
        ("page-views", "path", {}),
        ("page-views", "title", []),
        ("page-views", "referrer", 0),
        ("page-views", "visit_id", 7),
        ("page-views", "seconds", "3"),
        ("page-views", "seconds", True),
        ("page-views", "event_id", ""),
        ("page-views", "event_id", "x" * 129),
        ("page-views", "event_id", 12),
        ("page-views", "lead_id", ""),
        ("page-views", "lead_id", 12),
        ("page-views", "lead_id", "x" * 257),
        ("page-views", "source", 1),
        ("page-views", "channel", False),
        ("page-views", "human", "no"),
        ("page-views", "human", 0),
        ("page-views", "category", ["mens"]),
        ("email-events", "action", "forwarded"),
        ("email-events", "action", "Opened"),
        ("email-events", "message_id", 1),
        ("email-events", "campaign", {}),
        ("email-events", "link", 1),
        ("calls", "direction", "sideways"),
        ("calls", "outcome", "hung-up"),
        ("calls", "seconds", "60"),
        ("calls", "manager", 1),
        ("webinars", "action", "slept"),
        ("webinars", "webinar_id", 5),
        ("webinars", "percent", 100.5),
        ("webinars", "percent", -1),
        ("webinars", "percent", "50"),
        ("webinars", "stage", True),
        ("purchases", "order_id", 17),
        ("purchases", "amount", "9.99"),
        ("purchases", "currency", 1),
        ("messages", "direction", 1),
        ("messages", "medium", []),
        ("activities", "name", 3),
        ("activities", "properties", []),
        ("activities", "properties", "x"),
    ],
)
def test_a_field_of_the_wrong_type_is_refused(topic: str, field: str, wrong: Any) -> None:
    """The detail begins with the field's name."""
    refusal = refused(topic, {**GOOD[topic], field: wrong})
    assert refusal.reason is Reason.BAD_FIELD
    assert refusal.detail.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("value", "reason", "named"),
    [
        (None, Reason.NOT_JSON, "empty"),
        (b"", Reason.NOT_JSON, "empty"),
        (b" ", Reason.NOT_JSON, "JSON"),
        (b"{", Reason.NOT_JSON, "JSON"),
        (b'{"url": "/a"} x', Reason.NOT_JSON, "JSON"),
        (b'{"url": "/a",}', Reason.NOT_JSON, "JSON"),
        (b"{'url': '/a'}", Reason.NOT_JSON, "JSON"),
        (b'{"url": "/a", "seconds": NaN}', Reason.NOT_JSON, "JSON"),
        (b'{"url": "/a", "seconds": Infinity}', Reason.NOT_JSON, "JSON"),
        (b'{"url": "/a\n"}', Reason.NOT_JSON, "JSON"),
        (b'\xef\xbb\xbf{"url": "/a"}', Reason.NOT_JSON, "JSON"),
        (b'{"url": "\xff"}', Reason.NOT_UTF8, "byte 9"),
        (b'{"url": "\xed\xa0\x80"}', Reason.NOT_UTF8, "byte 9"),
        (b"\xff", Reason.NOT_UTF8, "byte 0"),
        (b"[]", Reason.NOT_AN_OBJECT, "an array"),
        (b'"url"', Reason.NOT_AN_OBJECT, "a string"),
        (b"17", Reason.NOT_AN_OBJECT, "a number"),
        (b"true", Reason.NOT_AN_OBJECT, "a boolean"),
        (b"null", Reason.NOT_AN_OBJECT, "null"),
        (b'{"url": "' + b"x" * 65_536 + b'"}', Reason.TOO_LARGE, "65536"),
        (b'{"url": "/a", "deep": ' + b"[" * 300 + b"]" * 300 + b"}", Reason.NOT_JSON, "256"),
        (b'{"url": "/a", "deep": ' + b'{"x":' * 20_000, Reason.TOO_LARGE, "65536"),
        (b'{"url": "/a", "deep": ' + b"[" * 60_000, Reason.NOT_JSON, "256"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_json_object_is_refused(value: bytes | None, reason: Reason, named: str) -> None:
    """Empty, broken, no UTF-8, too long, too deep, or not an object: each has its reason."""
    refusal = refused("page-views", value)
    assert refusal.reason is reason
    assert named in refusal.detail


def test_sixty_four_kibibytes_are_the_most() -> None:
    """65,536 bytes are accepted, one more is not; bytes count, not characters."""
    frame = len(b'{"url":""}')
    assert isinstance(read("page-views", b'{"url":"' + b"x" * (65_536 - frame) + b'"}'), Event)
    assert refused("page-views", b'{"url":"' + b"x" * (65_537 - frame) + b'"}').reason is Reason.TOO_LARGE
    assert refused("page-views", b'{"url":"' + "ż".encode() * 33_000 + b'"}').reason is Reason.TOO_LARGE


def test_brackets_in_strings_are_not_depth() -> None:
    """Only real nesting counts."""
    assert isinstance(read("page-views", {"url": "[" * 1000 + '\\"{' * 500}), Event)


@pytest.mark.parametrize("key", [None, b""])
def test_a_record_needs_a_key(key: bytes | None) -> None:
    """Without a key there is no lead, whatever the value says."""
    assert refused("page-views", {"url": "/a", "lead_id": "lead-1"}, key).reason is Reason.NO_KEY


def test_the_key_is_text_of_1_to_256_characters() -> None:
    """Characters count, not bytes."""
    assert refused("page-views", GOOD["page-views"], b"\xff").reason is Reason.NOT_UTF8
    assert read("page-views", GOOD["page-views"], "ж".encode() * 256).lead_id == "ж" * 256
    refusal = refused("page-views", GOOD["page-views"], b"x" * 257)
    assert refusal.reason is Reason.BAD_FIELD
    assert refusal.detail.startswith("lead_id: ")


def test_key_and_lead_id_must_agree() -> None:
    """A lead id in the value equals the key, or the record is refused."""
    assert read("messages", {"lead_id": "lead-1"}).lead_id == "lead-1"
    refusal = refused("messages", {"lead_id": "lead-2"})
    assert refusal.reason is Reason.KEY_MISMATCH
    assert "lead-2" in refusal.detail and "lead-1" in refusal.detail


@pytest.mark.parametrize(
    ("given", "time_ms"),
    [
        (0, 0),
        (NOW_MS, NOW_MS),
        (NOW_MS + 300_000, NOW_MS + 300_000),
        ("2026-11-22T10:00:00Z", NOW_MS),
        ("2026-11-22T11:00:00.0019+01:00", NOW_MS + 1),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_occurred_at_is_read(given: Any, time_ms: int) -> None:
    """RFC 3339 or epoch milliseconds; exactly 5 minutes after the record is still accepted."""
    assert read("messages", {"occurred_at": given}).occurred_at == time_ms


@pytest.mark.parametrize(
    "given", ["", "yesterday", "2026-11-22T10:00:00", "1969-12-31T23:59:59Z", -1, 1.5, 1e3, True, [], {}, "1795341600000"]
)
def test_a_bad_time_is_refused(given: Any) -> None:
    """What is neither is refused, and the detail names the field."""
    refusal = refused("messages", {"occurred_at": given})
    assert refusal.reason is Reason.BAD_TIME
    assert refusal.detail.startswith("occurred_at")


@pytest.mark.parametrize("given", [NOW_MS + 300_001, "2026-11-22T10:05:00.001Z", 10**18, 2**63, "9999-12-31T23:59:59Z"])
def test_an_event_from_the_future_is_refused(given: Any) -> None:
    """More than 5 minutes after the record's own time cannot be."""
    refusal = refused("messages", {"occurred_at": given})
    assert refusal.reason is Reason.FROM_THE_FUTURE
    assert refusal.detail.startswith("occurred_at")


BAD_UTF8 = b"\xff"
LONG = b'"' + b"x" * 65_536 + b'"'
ORDER: list[tuple[Reason, bytes | None, bytes | None]] = [
    (Reason.NO_KEY, None, BAD_UTF8 + LONG),
    (Reason.NOT_UTF8, b"lead-1", BAD_UTF8 + LONG),
    (Reason.TOO_LARGE, b"lead-1", b"{" + LONG),
    (Reason.NOT_JSON, b"lead-1", b'[{"lead_id": "lead-2"]'),
    (Reason.NOT_AN_OBJECT, b"lead-1", b'[{"lead_id": "lead-2"}]'),
    (Reason.KEY_MISMATCH, b"lead-1", b'{"lead_id": "lead-2", "occurred_at": "never", "human": 3}'),
    (Reason.BAD_TIME, b"lead-1", b'{"lead_id": "lead-1", "occurred_at": "never", "human": 3}'),
    (Reason.FROM_THE_FUTURE, b"lead-1", b'{"lead_id": "lead-1", "occurred_at": 999999999999999, "human": 3}'),
    (Reason.MISSING_FIELD, b"lead-1", b'{"lead_id": "lead-1", "occurred_at": 0, "human": 3}'),
    (Reason.BAD_FIELD, b"lead-1", b'{"lead_id": "lead-1", "occurred_at": 0, "human": 3, "url": "/a"}'),
]


@pytest.mark.parametrize(("reason", "key", "value"), ORDER, ids=[reason.value for reason, _, _ in ORDER])
def test_the_first_fault_is_the_one_named(reason: Reason, key: bytes | None, value: bytes | None) -> None:
    """Key, UTF-8, size, JSON, object, lead, time, required fields, other fields: in this order."""
    assert refused("page-views", value, key).reason is reason


def test_a_number_beyond_range_is_a_fault_of_its_field() -> None:
    """What no float can hold is judged with the other fields, and named by its field; where nobody looks at it, it does no harm."""
    assert refused("page-views", b'{"seconds": 1e999}') == Refusal(Reason.MISSING_FIELD, "url is required")
    refusal = refused("page-views", b'{"seconds": 1e999, "url": "/a"}')
    assert refusal.reason is Reason.BAD_FIELD
    assert refusal.detail.startswith("seconds: ")
    assert isinstance(read("page-views", b'{"other": 1e999, "url": "/a"}'), Event)


def test_defaults_that_are_worked_out() -> None:
    """The path comes from the URL unless it is given; a message without a direction is inbound."""
    assert read("page-views", {"url": "https://x.example/a?b#c"}).path == "/a"
    assert read("page-views", {"url": "https://x.example/a", "path": "/other"}).path == "/other"
    assert read("messages", {"direction": None}).direction == "inbound"
    assert read("messages", {"direction": "outbound"}).direction == "outbound"
