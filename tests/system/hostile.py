"""Every kind of record that no producer should send, over all topics, each with the reason for which it must be rejected.

The table is written from the contract by hand: sections 2 and 6, in the order of the checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from tests.system.story import Sent
from topics.registry import (
    ACTIVITIES,
    CALLS,
    EMAIL_EVENTS,
    LEAD_PROFILES,
    MESSAGES,
    PAGE_VIEWS,
    PURCHASES,
    WEBINARS,
    Topic,
)

GOOD: Final[dict[Topic, dict[str, Any]]] = {
    PAGE_VIEWS: {"url": "/a"},
    EMAIL_EVENTS: {"action": "clicked"},
    CALLS: {"direction": "inbound", "outcome": "answered"},
    WEBINARS: {"action": "left", "webinar_id": "w"},
    PURCHASES: {"order_id": "o"},
    MESSAGES: {},
    ACTIVITIES: {"name": "n"},
}
KEY: Final = b"hostile-lead"
MINUTES_5_MS: Final = 300_000

KEYS: Final[list[tuple[bytes | None, str]]] = [(None, "no-key"), (b"", "no-key"), (b"\xff\xfe", "not-utf8"), (b"k" * 257, "bad-field")]
TEXTS: Final[list[tuple[bytes | None, str]]] = [
    (b"\xff\xfe", "not-utf8"),
    (b'{"url": "/a", "name": "\xc3("}', "not-utf8"),
    (b"\xff" * 1_000_000, "not-utf8"),
    (b'{"name": "' + b"x" * 1_000_000 + b'"}', "too-large"),
    (b"x" * 1_000_000, "too-large"),
    (b"{", "not-json"),
    (b"{}{}", "not-json"),
    (b"{'url': '/a'}", "not-json"),
    (b"\xef\xbb\xbf{}", "not-json"),
    (b"NaN", "not-json"),
    (b'{"amount": NaN, "url": "/a"}', "not-json"),
    (b'{"amount": -Infinity}', "not-json"),
    (b"[]", "not-an-object"),
    (b'[{"url": "/a"}]', "not-an-object"),
    (b'"text"', "not-an-object"),
    (b"5", "not-an-object"),
    (b"null", "not-an-object"),
]
EMPTY: Final[list[tuple[bytes | None, str]]] = [(None, "not-json"), (b"", "not-json"), (b" ", "not-json")]
DEEP: Final[list[tuple[bytes | None, str]]] = [
    (b"[" * 30_000 + b"]" * 30_000, "not-json"),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "not-json"),
]
LEADS: Final[list[tuple[dict[str, Any], str]]] = [
    ({"lead_id": "another"}, "key-mismatch"),
    ({"lead_id": 5}, "bad-field"),
    ({"lead_id": ""}, "bad-field"),
]
FIELDS: Final[list[tuple[dict[str, Any], str]]] = [
    ({"occurred_at": "yesterday"}, "bad-time"),
    ({"occurred_at": "2026-11-22T10:00:00"}, "bad-time"),
    ({"occurred_at": "2026-02-30T10:00:00Z"}, "bad-time"),
    ({"occurred_at": ""}, "bad-time"),
    ({"occurred_at": True}, "bad-time"),
    ({"occurred_at": 1.5}, "bad-time"),
    ({"occurred_at": [1]}, "bad-time"),
    ({"occurred_at": {}}, "bad-time"),
    ({"occurred_at": "9999-01-01T00:00:00Z"}, "from-the-future"),
    ({"event_id": ""}, "bad-field"),
    ({"event_id": "i" * 129}, "bad-field"),
    ({"event_id": 5}, "bad-field"),
    ({"human": "no"}, "bad-field"),
    ({"human": 0}, "bad-field"),
    ({"source": 5}, "bad-field"),
    ({"channel": []}, "bad-field"),
    ({"category": {}}, "bad-field"),
]
OF_TOPIC: Final[dict[Topic, list[tuple[dict[str, Any], str]]]] = {
    PAGE_VIEWS: [
        ({"url": None}, "missing-field"),
        ({"url": 5}, "bad-field"),
        ({"seconds": "9"}, "bad-field"),
        ({"visit_id": 1}, "bad-field"),
    ],
    EMAIL_EVENTS: [({"action": None}, "missing-field"), ({"action": "eaten"}, "bad-field"), ({"action": ["opened"]}, "bad-field")],
    CALLS: [({"direction": None}, "missing-field"), ({"outcome": None}, "missing-field"), ({"direction": "up"}, "bad-field")],
    WEBINARS: [
        ({"action": None}, "missing-field"),
        ({"webinar_id": None}, "missing-field"),
        ({"percent": 101}, "bad-field"),
        ({"percent": -1}, "bad-field"),
        ({"percent": "50"}, "bad-field"),
    ],
    PURCHASES: [({"order_id": None}, "missing-field"), ({"order_id": 7}, "bad-field"), ({"amount": "12.5"}, "bad-field")],
    MESSAGES: [({"direction": 5}, "bad-field"), ({"medium": ["sms"]}, "bad-field")],
    ACTIVITIES: [({"name": None}, "missing-field"), ({"name": {}}, "bad-field"), ({"properties": ["plan"]}, "bad-field")],
}
PROFILES: Final[list[tuple[bytes | None, str]]] = [
    (b'{"city": ["Warsaw"]}', "bad-field"),
    (b'{"city": {"name": "Warsaw"}}', "bad-field"),
    (b'{"name": "' + b"x" * 4096 + b'"}', "too-large"),
    (b'{"lead_id": "another"}', "key-mismatch"),
]


def hostile(now_ms: int) -> list[Sent]:
    """All of them, dated now."""
    return [Sent(topic, key, value, now_ms, reason) for topic, key, value, reason in _all(now_ms)]


def harmless(now_ms: int, lead: str) -> list[Sent]:
    """Events on the edge of what is allowed, one on each event topic, and a profile: they must be scored."""
    late_by_ms = [MINUTES_5_MS, 0, -MINUTES_5_MS]
    values = [
        {**fields, "lead_id": lead, "occurred_at": now_ms + late_by_ms[number % 3], "more": ["of", {"any": "kind"}], "category": None}
        for number, fields in enumerate(GOOD.values())
    ]
    values[0]["more"] = "x" * (64 * 1024 - len(orjson.dumps({**values[0], "more": ""})))
    sent = [Sent(topic, lead.encode(), orjson.dumps(value), now_ms) for topic, value in zip(GOOD, values, strict=True)]
    return [*sent, Sent(LEAD_PROFILES, lead.encode(), b'{"city": null, "budget": 1.5, "any": true}', now_ms)]


def _all(now_ms: int) -> Iterator[tuple[Topic, bytes | None, bytes | None, str]]:
    for topic, good in GOOD.items():
        yield from ((topic, key, orjson.dumps(good), reason) for key, reason in KEYS)
        yield from ((topic, KEY, value, reason) for value, reason in (*TEXTS, *EMPTY, *DEEP))
        # One too many at the end of what is allowed.
        yield topic, KEY, orjson.dumps({**good, "occurred_at": now_ms + MINUTES_5_MS + 1}), "from-the-future"
        yield topic, KEY, orjson.dumps({**good, "more": "x" * 64 * 1024}), "too-large"
        for fields, reason in (*LEADS, *FIELDS, *OF_TOPIC[topic]):
            yield topic, KEY, orjson.dumps({**good, **fields}), reason
    # Kafka itself refuses a record without a key in a compacted topic.
    yield from ((LEAD_PROFILES, key, b"{}", reason) for key, reason in KEYS if key is not None)
    yield from ((LEAD_PROFILES, KEY, value, reason) for value, reason in (*TEXTS, *PROFILES))
