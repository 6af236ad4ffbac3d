"""From an output that is put to its bytes on the way: aiokafka's own tasks between them, on a fake of its client."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.producer.sender import Sender
from aiokafka.structs import TopicPartition

from streamer.stream.app import TURNS_TO_SEND
from streamer.stream.output import NO_HEADERS, Outlet


class FakeClient:
    """A connection to one broker that notes the requests and never answers."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    def leader_for_partition(self, partition: TopicPartition) -> int:
        return 1

    async def send(self, node: int, request: Any) -> None:
        self.requests.append(request)
        await asyncio.Event().wait()


class HalfProducer:
    """What a producer does with a batch, without the connection."""

    def __init__(self, accumulator: MessageAccumulator) -> None:
        self._accumulator = accumulator
        self.create_batch = accumulator.create_builder

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[Any]:
        sent: asyncio.Future[Any] = await self._accumulator.add_batch(batch, TopicPartition(topic, partition), 30)
        return sent


def test_an_alert_is_on_its_way_before_the_next_chunk_is_scored() -> None:
    """The agent gives way for so many turns of the loop after each chunk; what the chunk put is a request by then."""

    async def main() -> None:
        client = FakeClient()
        accumulator = MessageAccumulator(client, 1 << 19, 0, 30)
        sender = Sender(client, acks=-1, txn_manager=None, message_accumulator=accumulator, retry_backoff_ms=100, request_timeout_ms=1000)
        await sender.start()
        producer: Any = HalfProducer(accumulator)
        outlet = Outlet(producer, "lead-alerts", 0, lambda error: None)
        await asyncio.sleep(0.01)  # the sender waits for work
        outlet.put([(b"k", b"alert", None, NO_HEADERS)])
        for _ in range(TURNS_TO_SEND):
            assert client.requests == []
            await asyncio.sleep(0)
        assert len(client.requests) == 1

    asyncio.run(main())
