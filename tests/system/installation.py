"""A broker comes in; fresh topics, the real `streamer worker` on them, and what its outputs say leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.stream.cluster import Cluster, Worker
from tests.system.story import MODEL, Sent
from topics.alerts import Alert, LeadScores, decode_alert, decode_scores
from topics.partitions import partition_of


class Placed(NamedTuple):
    """A record on the broker."""

    sent: Sent
    partition: int
    offset: int


@dataclass
class Installation(Cluster):
    """Fresh topics, and workers with a model."""

    model: Path = MODEL

    @property
    def app(self) -> str:
        """The name of the application."""
        return f"{self.prefix}scorer"

    def publish(self, records: Sequence[Sent], partitioner: Callable[[bytes, int], int] = partition_of) -> list[Placed]:
        """Publishes the records in their order, as a rule by Kafka's default partitioner; those without a key go to partition 0."""
        return asyncio.run(self._publish(records, partitioner))

    async def _publish(self, records: Sequence[Sent], partitioner: Callable[[bytes, int], int]) -> list[Placed]:
        async with AIOKafkaProducer(bootstrap_servers=self.broker, linger_ms=5, acks="all", max_request_size=2**21) as producer:
            acks = [
                await producer.send(
                    self.prefix + sent.topic.name,
                    sent.value,
                    sent.key,
                    partition=0 if sent.key is None else partitioner(sent.key, self.partitions),
                    timestamp_ms=sent.timestamp,
                )
                for sent in records
            ]
            places = await asyncio.gather(*acks)
        return [Placed(sent, place.partition, place.offset) for sent, place in zip(records, places, strict=True)]

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """A worker process; it is killed at the end of the block if it still runs."""
        worker = Worker(self, ("streamer", "worker"), STREAMER_MODEL=str(self.model), STREAMER_LOG="json")
        try:
            yield worker
        finally:
            worker.kill()

    def alerts(self) -> list[Alert]:
        """The different alerts; those with the same id must say the same, but for when that was decided."""
        alerts: dict[str, Alert] = {}
        for record in self.read("lead-alerts"):
            alert = decode_alert(record.value)
            assert record.key.decode() == alert.lead_id
            assert record.partition == partition_of(record.key, self.partitions)
            first = alerts.setdefault(alert.alert_id, alert)
            alert.decided_at = first.decided_at
            assert alert == first, "an alert was repeated with another content"
        return list(alerts.values())

    def alerts_out(self) -> int:
        """How many alerts are on the broker, the repeats of a new start with them."""
        return asyncio.run(self._end("lead-alerts"))

    async def _end(self, name: str) -> int:
        async with AIOKafkaConsumer(bootstrap_servers=self.broker, enable_auto_commit=False) as consumer:
            partitions = [TopicPartition(self.prefix + name, number) for number in range(self.partitions)]
            return sum((await consumer.end_offsets(partitions)).values())

    def scores(self) -> dict[str, LeadScores]:
        """The newest scores of each lead that is not erased."""
        newest = {record.key.decode(): record.value for record in self.read("lead-scores")}
        return {lead: decode_scores(value) for lead, value in newest.items() if value is not None}

    def rejects(self) -> dict[tuple[str, int, int], Any]:
        """The different rejected records by topic (without the prefix), partition and offset: record and content."""
        found: dict[tuple[str, int, int], Any] = {}
        for record in self.read("rejected-events"):
            content = orjson.loads(record.value)
            place = content["topic"].removeprefix(self.prefix), content["partition"], content["offset"]
            found[place] = record, content
        return found


def counted(worker: Worker) -> dict[str, int]:
    """What the worker has said to have become of the records, added up."""
    names = ("read", "scored", "duplicate", "machine", "rejected", "forwarded", "erased", "replayed")
    said = [orjson.loads(line) for line in worker.lines.splitlines()]
    return {name: sum(line.get(name, 0) for line in said if line["event"] == "scored") for name in names}
