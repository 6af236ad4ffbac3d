"""How far the work is: what the producers have acked and what the group has committed, by topic and partition."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

Offsets = dict[tuple[str, int], int]
PATIENCE_S: Final = 300.0
LOOK_S: Final = 0.05
ANSWER_S_MAX: Final = 5.0
# Scores go out each second, as long as there are any that did not.
QUIET_S: Final = 5.0


class Progress:
    """Offsets by (topic on the broker, partition)."""

    def __init__(self, broker: str, group: str) -> None:
        self.acked: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.committed: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._broker = broker
        self._group = group
        self._admin: AIOKafkaAdminClient | None = None

    def is_scored(self, until: Offsets) -> bool:
        """Whether everything before these offsets is committed."""
        return all(self.committed[place] >= offset for place, offset in until.items())

    @property
    def total(self) -> int:
        """How many records are committed."""
        return sum(self.committed.values())

    async def ask(self) -> bool:
        """Asks the broker what is committed; False when it does not answer."""
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                if self._admin is None:
                    self._admin = AIOKafkaAdminClient(bootstrap_servers=self._broker, request_timeout_ms=3_000)
                    await self._admin.start()
                found = await self._admin.list_consumer_group_offsets(self._group)
        except (KafkaError, OSError, TimeoutError, AttributeError):  # aiokafka stumbles over the errors of a broker that is starting
            await self.close()
            return False
        for place, offset in found.items():
            self.committed[place.topic, place.partition] = offset.offset
        return True

    async def close(self) -> None:
        """Lets the connection go."""
        if self._admin is not None:
            admin, self._admin = self._admin, None
            await admin.close()


async def until(done: Callable[[], bool], say: Callable[[], str]) -> None:
    """Waits for a condition; an AssertionError says what `say` says when it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError(say())
        await asyncio.sleep(LOOK_S)


async def quiet(broker: str, topic: str, partitions: int) -> None:
    """Returns when nothing more comes into a topic."""
    places = [TopicPartition(topic, number) for number in range(partitions)]
    async with AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False) as consumer, asyncio.timeout(PATIENCE_S):
        before, ends = None, await consumer.end_offsets(places)
        while ends != before:
            await asyncio.sleep(QUIET_S)
            before, ends = ends, await consumer.end_offsets(places)
