"""Misplaced records come in as they are published; what the workers forwarded of them is seen in the topics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.prove.load import MISPLACEABLE
from tests.prove.progress import Progress

HEADER: Final = "streamer-forwarded"
LOOK_MS: Final = 200


def origin_of(headers: Iterable[tuple[str, bytes]]) -> str | None:
    """Where a forwarded record was first, as `topic/partition/offset` with the topic's name on the broker."""
    return next((value.decode() for name, value in headers if name == HEADER), None)


class Forwards:
    """Follows the topics of misplaced records: a forwarded one has to be scored like one that was published there."""

    def __init__(self, prefix: str, partitions: int, progress: Progress) -> None:
        self._places = [TopicPartition(prefix + topic.name, number) for topic in MISPLACEABLE for number in range(partitions)]
        self._progress = progress
        self._seen: set[str] = set()

    async def follow(self, broker: str, isolation_level: str) -> None:
        """Follows until cancelled."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=broker, enable_auto_commit=False, auto_offset_reset="earliest", isolation_level=isolation_level
        )
        async with consumer:
            consumer.assign(self._places)
            while True:
                fetched: dict[Any, list[Any]] = await consumer.getmany(timeout_ms=LOOK_MS)
                for place, records in fetched.items():
                    for record in records:
                        if origin := origin_of(record.headers):
                            self._seen.add(origin)
                            self._progress.acked[place.topic, place.partition] = record.offset + 1

    def have(self, misplaced: set[str]) -> bool:
        """Whether all of these were forwarded."""
        return misplaced <= self._seen
