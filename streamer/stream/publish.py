"""A thin producer: keys, values and timestamps come in, records leave to Kafka's default partition of their key (murmur2)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamer.settings import Settings
from streamer.stream.connection import BrokerError, client_options, unreachable

UNACKED_MAX: Final = 10_000


class Publisher:
    """A producer for the length of an `async with` block; at its end everything is acknowledged, or it fails."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._unacked: set[asyncio.Future[Any]] = set()
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(**client_options(self._settings), acks="all", linger_ms=5)
        try:
            await self._producer.start()
        except BaseException as error:  # also when it is cancelled: a producer that is not stopped complains on stderr
            await self._producer.stop()
            if isinstance(error, KafkaError | OSError):
                raise unreachable(self._settings) from None
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None:
                await self.flush()
        finally:
            await self._producer.stop()

    async def send(self, topic: str, key: bytes, value: bytes | None, timestamp_ms: int) -> asyncio.Future[Any]:
        """Queues one record, waiting while too many are unacknowledged; the future's result has its `partition` and `offset`."""
        if self._failure is not None:
            raise self._refused(self._failure)
        if len(self._unacked) >= UNACKED_MAX:
            await asyncio.wait(self._unacked, return_when=asyncio.FIRST_COMPLETED)
        try:
            future: asyncio.Future[Any] = await self._producer.send(topic, value, key, timestamp_ms=timestamp_ms)
        except KafkaError as error:
            raise self._refused(error) from None
        self._unacked.add(future)
        future.add_done_callback(self._done)
        return future

    async def publish(self, topic: str, records: Iterable[tuple[bytes, bytes, int]]) -> None:
        """Sends records of (key, value, timestamp in ms), and returns when the broker has them; BrokerError when it refused one."""
        acks = [await self.send(topic, *record) for record in records]
        try:
            await asyncio.gather(*acks)
        except KafkaError as error:
            raise self._refused(error) from None

    async def flush(self) -> None:
        """Waits until the broker has everything; BrokerError when it refused something."""
        while self._unacked:
            await asyncio.wait(self._unacked)
        if self._failure is not None:
            raise self._refused(self._failure)

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._unacked.discard(future)
        if not future.cancelled():
            self._failure = self._failure or future.exception()

    def _refused(self, error: BaseException) -> BrokerError:
        return BrokerError(f"the broker at {self._settings.broker} did not take a record: {str(error) or type(error).__name__}")
