"""Records come in at a rate; acked ones leave, each with a line in a log: what the broker has said that it has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.prove.load import Offered
from tests.prove.progress import Progress
from topics.partitions import partition_of

PRODUCERS: Final = 3
ACK_MS_MAX: Final = 60_000


def fingerprint(key: bytes, value: bytes) -> int:
    """Of a record's content."""
    return crc32(value, crc32(key))


class Producers:
    """Idempotent producers that share the leads among them, for the length of an `async with` block."""

    def __init__(self, broker: str, prefix: str, partitions: int, log: Path, progress: Progress) -> None:
        self.acked = 0
        self.sent_again = 0
        self.misplaced: set[str] = set()
        self._options: dict[str, Any] = {"acks": "all", "enable_idempotence": True, "linger_ms": 5, "request_timeout_ms": ACK_MS_MAX}
        self._broker = broker
        self._prefix = prefix
        self._partitions = partitions
        self._progress = progress
        self._open: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()
        self._log = self._stack.enter_context(log.open("w"))

    async def __aenter__(self) -> Self:
        async def started() -> AIOKafkaProducer:
            return await self._stack.enter_async_context(AIOKafkaProducer(bootstrap_servers=self._broker, **self._options))

        self._producers = [await started() for _ in range(PRODUCERS)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for task in self._open:
            task.cancel()
        await self._stack.aclose()

    async def publish(self, records: Sequence[Offered]) -> None:
        """Hands the records to their producers, in order; returns when these have taken them."""
        for record in records:
            producer = self._producers[crc32(record.key) % PRODUCERS]
            task = asyncio.create_task(self._acked(producer, record, await self._send(producer, record)))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def flush(self) -> None:
        """Returns when the broker has everything."""
        while self._open:
            await asyncio.gather(*self._open)

    async def _send(self, producer: AIOKafkaProducer, record: Offered) -> asyncio.Future[Any]:
        number = (partition_of(record.key, self._partitions) + record.off) % self._partitions
        while True:
            try:
                sent: asyncio.Future[Any] = await producer.send(
                    self._prefix + record.topic.name, record.value, record.key, number, record.timestamp_ms
                )
                return sent
            except KafkaError:
                await asyncio.sleep(0.5)

    async def _acked(self, producer: AIOKafkaProducer, record: Offered, ack: asyncio.Future[Any]) -> None:
        while True:
            try:
                place = await ack
                break
            except KafkaError:  # whether the broker has it is not known: a producer sends again
                self.sent_again += 1
                await asyncio.sleep(0.5)
                ack = await self._send(producer, record)
        self.acked += 1
        if record.off:
            self.misplaced.add(f"{place.topic}/{place.partition}/{place.offset}")
        end = (place.topic, place.partition)
        self._progress.acked[end] = max(self._progress.acked[end], place.offset + 1)
        self._log.write(f"{record.topic.name} {place.partition} {place.offset} {fingerprint(record.key, record.value)}\n")
