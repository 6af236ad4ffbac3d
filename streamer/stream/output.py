"""Keys and values come in; whole batches leave for one partition of a topic, and the wait for the broker's word that it has them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnsupportedVersionError

from streamer.settings import Settings
from streamer.stream.connection import client_options, place_of, wait_for_broker

# Below the broker's usual limit of 1 MiB for a batch.
BATCH_BYTES_MAX: Final = 512 * 1024
ACK_MS_MAX: Final = 30_000

NO_HEADERS: Final[list[tuple[str, bytes]]] = []
# A transaction that is left open, because its worker was killed and has no successor, holds up readers for so long.
TRANSACTION_MS_MAX: Final = 30_000


# Key, value, timestamp in epoch ms (None: now), headers. A plain tuple: there is one for each row of a commit.
Output = tuple[bytes | None, bytes | None, int | None, Sequence[tuple[str, bytes | None]]]


async def start_producer(settings: Settings) -> AIOKafkaProducer:
    """A producer whose acks mean that all replicas have it; idempotent where the broker knows how."""
    try:
        return await _started(settings, enable_idempotence=True)
    except (UnsupportedVersionError, KafkaError):
        return await _started(settings)


async def start_transactional_producer(settings: Settings, name: str) -> AIOKafkaProducer:
    """A producer with the transactional id `name`. Whoever had it before can send nothing from here on. Raises KafkaError."""
    return await _started(settings, transactional_id=name, transaction_timeout_ms=TRANSACTION_MS_MAX)


async def _started(settings: Settings, **options: Any) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        max_batch_size=BATCH_BYTES_MAX,
        linger_ms=0,
        request_timeout_ms=ACK_MS_MAX,
        **options,
    )
    wait_for_broker(producer)
    try:
        await producer.start()
    except BaseException:
        await producer.stop()
        raise
    return producer


async def send(producer: AIOKafkaProducer, topic: str, number: int, outputs: Iterable[Output]) -> None:
    """Sends everything to one partition and returns when the broker has acked it. Raises KafkaError, which names the partition."""
    with place_of(topic, number):
        await _send(producer, topic, number, outputs)


async def _send(producer: AIOKafkaProducer, topic: str, number: int, outputs: Iterable[Output]) -> None:
    acks: list[asyncio.Future[Any]] = []
    batch = producer.create_batch()
    for key, value, timestamp_ms, headers in outputs:
        if batch.append(key=key, value=value, timestamp=timestamp_ms, headers=headers) is None:
            acks.append(await producer.send_batch(batch, topic, partition=number))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=timestamp_ms, headers=headers)
    if batch.record_count():
        acks.append(await producer.send_batch(batch, topic, partition=number))
    await asyncio.gather(*acks)


class Outlet:
    """One partition of an output topic. What is put goes out at once; what comes while a send is under way follows in the next."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        number: int,
        on_failure: Callable[[BaseException], None],
        on_acked: Callable[[Sequence[Output]], None] = lambda outputs: None,
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._number = number
        self._on_failure = on_failure
        self._on_acked = on_acked
        self._waiting: list[Output] = []
        self._put = 0
        self._acked = 0
        self._progress = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None

    def put(self, outputs: Sequence[Output]) -> None:
        """Takes outputs to be sent now, in this order."""
        if outputs:
            self._waiting += outputs
            self._put += len(outputs)
            if self._sending is None or self._sending.done():
                self._sending = asyncio.create_task(self._send())

    async def acked(self) -> None:
        """Returns when all that was put before the call is acked; never if sending failed (the process ends then)."""
        target = self._put
        while self._acked < target:
            self._progress.clear()
            await self._progress.wait()

    def stop(self) -> None:
        """What is not sent yet is not sent any more."""
        if self._sending is not None:
            self._sending.cancel()

    async def _send(self) -> None:
        try:
            while self._waiting:
                outputs, self._waiting = self._waiting, []
                await send(self._producer, self._topic, self._number, outputs)
                self._acked += len(outputs)
                self._progress.set()
                self._on_acked(outputs)
        except Exception as error:
            self._on_failure(error)
