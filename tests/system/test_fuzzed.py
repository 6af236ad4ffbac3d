"""Ten thousand fuzzed records against the real worker, compressed with every codec and in transactions: the balance stays exact."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import nullcontext

import pytest
from aiokafka import AIOKafkaProducer

from tests.kafka import KafkaBroker
from tests.stream.cluster import wait_until
from tests.system.fuzzed import CODECS, Fuzzed, fuzzed
from tests.system.hostile import GOOD, harmless
from tests.system.installation import Installation, Placed, counted
from tests.system.story import Sent
from tests.system.test_hostile import encoded
from topics.partitions import partition_of
from topics.registry import PAGE_VIEWS

SEED = 11
RECORDS = 10_000
PART = 1_000
TRANSACTION = 250
PARTITIONS = 4
FRIEND = "friend"


@pytest.mark.kafka
def test_whatever_comes_every_record_is_accounted_for(kafka_broker: KafkaBroker) -> None:
    """Each record read is counted once, each that is rejected is in `rejected-events` once, and the scoring goes on."""
    installation = Installation(kafka_broker.address, PARTITIONS)
    installation.create_topics()
    now_ms = time.time_ns() // 1_000_000
    with installation.worker() as worker:
        placed = asyncio.run(published(installation, now_ms))
        again = Sent(PAGE_VIEWS, FRIEND.encode(), b'{"url": "/", "event_id": "again"}', now_ms)
        friendly = installation.publish([again, again, *harmless(time.time_ns() // 1_000_000, FRIEND)])
        wait_until(lambda: scored(installation) == 1 + len(GOOD), lambda: f"{scored(installation)} scored\n{worker.lines}")
        assert worker.stop() == 0, worker.lines
    counts = counted(worker)
    read = counts.pop("read")
    assert read == len(placed) + len(friendly) == sum(counts.values())
    assert min(counts["scored"], counts["duplicate"], counts["machine"], counts["rejected"], counts["erased"]) > 0, counts
    rejects = installation.rejects()
    assert len(installation.read("rejected-events")) == len(rejects) == counts["rejected"]
    sent = {(one.sent.topic.name, one.partition, one.offset): one.sent for one in placed}
    assert len(sent) == len(placed)
    for place, (_, content) in rejects.items():
        assert (content["key"], content["value"]) == (encoded(sent[place].key), encoded(sent[place].value))
        assert content["reason"] != "failed", content


def scored(installation: Installation) -> int:
    """The events that the friend's scores count."""
    scores = installation.scores().get(FRIEND)
    return 0 if scores is None else scores.events


async def published(installation: Installation, now_ms: int) -> list[Placed]:
    """Publishes them in parts, each with the next codec, every other one in transactions, whose markers take offsets too."""
    records = list(fuzzed(SEED, RECORDS, now_ms))
    parts = [records[start : start + PART] for start in range(0, RECORDS, PART)]
    placed = [_published(installation, part, CODECS[number % len(CODECS)], number % 2 == 1) for number, part in enumerate(parts)]
    return [one for part in await asyncio.gather(*placed) for one in part]


async def _published(installation: Installation, records: list[Fuzzed], codec: str | None, transactional: bool) -> list[Placed]:
    producer = AIOKafkaProducer(
        bootstrap_servers=installation.broker,
        linger_ms=5,
        acks="all",
        compression_type=codec,
        max_request_size=2**21,
        transactional_id=f"fuzz-{uuid.uuid4()}" if transactional else None,
    )
    placed: list[Placed] = []
    async with producer:
        for start in range(0, len(records), TRANSACTION):
            some = records[start : start + TRANSACTION]
            async with producer.transaction() if transactional else nullcontext():
                acks = [
                    await producer.send(
                        installation.prefix + sent.topic.name,
                        sent.value,
                        sent.key,
                        partition=0 if sent.key is None else partition_of(sent.key, PARTITIONS),
                        timestamp_ms=sent.timestamp,
                        headers=headers,
                    )
                    for sent, headers in some
                ]
                answers = await asyncio.gather(*acks)
            placed += [Placed(sent, answer.partition, answer.offset) for (sent, _), answer in zip(some, answers, strict=True)]
    return placed
