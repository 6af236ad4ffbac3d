"""Hostile records against the real worker: each is rejected with its reason, and the scoring goes on."""

from __future__ import annotations

import base64
import time
from typing import Any

import orjson

from tests.stream.cluster import wait_until
from tests.system.hostile import GOOD, harmless, hostile
from tests.system.installation import Installation, counted
from tests.system.story import Sent
from topics.registry import ACTIVITIES, LEAD_PROFILES, PAGE_VIEWS

VALUE_BYTES_MAX = 64 * 1024
FRIENDS = [f"friend-{number}" for number in range(8)]


def test_everything_hostile_is_rejected_with_its_reason_and_stops_nothing(installation: Installation) -> None:
    """No record disappears: what is not scored is in `rejected-events` as it was, or is counted as a repeat or a machine's."""
    now_ms = time.time_ns() // 1_000_000
    friendly = [sent for lead in FRIENDS for sent in harmless(now_ms, lead)]
    bad = hostile(now_ms)
    before, after = friendly[: len(friendly) // 2], friendly[len(friendly) // 2 :]
    with installation.worker() as worker:
        placed = installation.publish([*before, *bad, *odd(now_ms), *after])
        wait_until(lambda: scored(installation) == dict.fromkeys(FRIENDS, len(GOOD)), lambda: f"{scored(installation)}\n{worker.lines}")
        assert worker.stop() == 0, worker.lines
    assert counted(worker) == {
        "read": len(placed),
        "scored": len(friendly),
        "duplicate": 2,
        "machine": 1,
        "rejected": len(bad),
        "forwarded": 0,
        "erased": 0,
        "replayed": 0,
    }
    rejects = installation.rejects()
    bad_places = {(record.sent.topic.name, record.partition, record.offset): record.sent for record in placed if record.sent.refused}
    assert [
        (sent.topic.name, sent.key, (sent.value or b"")[:60], sent.refused, wrong)
        for place, sent in bad_places.items()
        if (wrong := wrong_with(sent, *rejects.pop(place)))
    ] == []
    assert rejects == {}


def test_records_of_a_producer_that_counts_in_microseconds_are_rejected(installation: Installation) -> None:
    """Their time is after the year 9999: neither an event nor a profile may bring the clock there."""
    now_ms = time.time_ns() // 1_000_000
    bad = [Sent(topic, b"from-afar", b'{"url": "/a"}', now_ms * 1_000, "bad-time") for topic in (PAGE_VIEWS, LEAD_PROFILES)]
    with installation.worker() as worker:
        for records in (harmless(now_ms, "before"), bad, harmless(now_ms, "after")):
            installation.publish(records)
        done = {"before": len(GOOD), "after": len(GOOD)}
        wait_until(
            lambda: scored(installation) == done and len(installation.rejects()) == len(bad),
            lambda: f"{scored(installation)}\n{worker.lines}",
        )
        assert worker.stop() == 0, worker.lines
    assert {content["reason"] for _, content in installation.rejects().values()} == {"bad-time"}


def odd(now_ms: int) -> list[Sent]:
    """The same event three times, on two topics, made by a machine."""
    value = orjson.dumps({"url": "/a", "name": "n", "human": False, "event_id": "of-a-machine"})
    return [Sent(topic, b"machine", value, now_ms) for topic in (PAGE_VIEWS, ACTIVITIES, PAGE_VIEWS)]


def scored(installation: Installation) -> dict[str, int]:
    """The events of each lead that has scores."""
    return {lead: scores.events for lead, scores in installation.scores().items()}


def wrong_with(sent: Sent, reject: Any, content: dict[str, Any]) -> str | None:
    """What is wrong with the reject of a record: it says what came and why it is refused, with the record's key and time."""
    told = content["reason"], content["key"], content["value"], reject.key, reject.timestamp
    true = sent.refused, encoded(sent.key), encoded(sent.value), sent.key, sent.timestamp
    return None if told == true and content["detail"] else f"{content['reason']}: {content['detail']}"


def encoded(content: bytes | None) -> str | None:
    """Base64 of the first 64 KiB."""
    return None if content is None else base64.b64encode(content[:VALUE_BYTES_MAX]).decode()
