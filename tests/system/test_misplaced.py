"""A publisher with another partitioner than Kafka's, as librdkafka's default is: every lead is scored once, in one place."""

from __future__ import annotations

import time
import zlib

import orjson
import pytest

from tests.kafka import KafkaBroker
from tests.stream.cluster import wait_until
from tests.system.installation import Installation
from tests.system.story import Sent
from topics.partitions import partition_of
from topics.registry import LEAD_PROFILES, PAGE_VIEWS

PARTITIONS = 4
LEADS = 60
EVENTS = 6_000


def by_checksum(key: bytes, partitions: int) -> int:
    """librdkafka's default partitioner."""
    return zlib.crc32(key) % partitions


def views(now_ms: int) -> list[Sent]:
    """Page views, every other one with an id of its own, and a profile for each lead."""
    ids = [{} if number % 2 else {"event_id": f"view-{number}"} for number in range(EVENTS)]
    keys = [b"lead-%d" % (number % LEADS) for number in range(EVENTS)]
    sent = [
        Sent(PAGE_VIEWS, key, orjson.dumps({"url": "/", **own}), now_ms - EVENTS + number)
        for number, (key, own) in enumerate(zip(keys, ids, strict=True))
    ]
    return sent + [Sent(LEAD_PROFILES, key, b'{"city": "Warsaw"}', now_ms) for key in keys[:LEADS]]


@pytest.mark.kafka
@pytest.mark.parametrize("guarantee", ["at_least_once", "exactly_once"])
def test_each_misplaced_record_is_scored_once_and_in_its_place(kafka_broker: KafkaBroker, guarantee: str) -> None:
    """Also when the worker is killed while it forwards; with exactly_once each is forwarded once, otherwise a repeat is known as one."""
    installation = Installation(kafka_broker.address, PARTITIONS, guarantee=guarantee)
    installation.create_topics()
    records = views(time.time_ns() // 1_000_000)
    installation.publish(records, by_checksum)
    published = len(installation.read("page-views"))
    with installation.worker() as worker:
        worker.wait_for('"recovered"')
        wait_until(lambda: len(installation.read("page-views")) > published, lambda: worker.lines)
    with installation.worker() as worker:
        worker.wait_for('"assigned"')  # the one before it may have done everything
        wait_until(lambda: told(installation) == [(EVENTS // LEADS, {"city": "Warsaw"})] * LEADS, lambda: f"{told(installation)}")
        assert worker.stop() == 0, worker.lines
    assert all(record.partition == partition_of(record.key, PARTITIONS) for record in installation.read("lead-scores"))
    assert installation.read("rejected-events") == []
    misplaced = sum(by_checksum(sent.key, PARTITIONS) != partition_of(sent.key, PARTITIONS) for sent in records if sent.key)
    forwarded = len(installation.read("page-views")) + len(installation.read("lead-profiles")) - len(records)
    assert misplaced > EVENTS / 2
    assert forwarded == misplaced if guarantee == "exactly_once" else forwarded >= misplaced


def told(installation: Installation) -> list[tuple[int, object]]:
    """How many events were scored of each lead, and its profile."""
    return [(scores.events, scores.profile) for scores in installation.scores().values()]
