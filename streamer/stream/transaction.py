"""Exactly once: what a partition's commit brings, outputs, rows and source offsets, is one transaction, or nothing of it is.

Each owned partition number has a producer of its own. Its transactional id names the partition, so that its start shuts out
the producer of whoever owned the partition before, and ends what that one left open.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import InvalidProducerIdMapping, KafkaConnectionError, KafkaError, ProducerFenced

from streamer.settings import Settings
from streamer.stream.connection import BrokerError, unreachable
from streamer.stream.output import Output, send, start_transactional_producer
from streamer.stream.sink import OnAcked, untold

ANSWER_S_MAX: Final = 20.0
CLOSE_S_MAX: Final = 5.0
# The producer has a successor, or the broker holds it for dead. What it had not committed is undone.
REPLACED: Final = (ProducerFenced, InvalidProducerIdMapping)


async def require_transactions(settings: Settings) -> None:
    """BrokerError where the broker has no transactions, or this user may not use them."""
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            producer = await start_transactional_producer(settings, f"{settings.app}-check")
    except (KafkaConnectionError, OSError) as error:
        if not isinstance(error, TimeoutError):
            raise unreachable(settings) from None
        # A single broker whose transaction.state.log.replication.factor is 3 never finds its coordinator.
        raise _refused(settings, f"no answer in {ANSWER_S_MAX:.0f} s; can it make the topic __transaction_state?") from None
    except KafkaError as error:
        raise _refused(settings, str(error) or type(error).__name__) from None
    await producer.stop()


def _refused(settings: Settings, why: str) -> BrokerError:
    needed = "STREAMER_GUARANTEE=exactly_once needs them, at_least_once does not"
    return BrokerError(f"the broker at {settings.broker} refuses transactions ({why}): {needed}")


class ExactlyOnce:
    """Outputs wait for the commit, and go out with the rows and offsets in one transaction. Readers have to be `read_committed`."""

    # An alert waits for its commit.
    commit_live_ms: Final = 90  # each tick of the clock
    commit_backlog_ms: Final = 400

    def __init__(self, settings: Settings, changelog: str, number: int) -> None:
        self._settings = settings
        self._changelog = changelog
        self._number = number
        self.on_acked: OnAcked = untold
        self._producer: AIOKafkaProducer | None = None
        self._outputs: defaultdict[tuple[str, int], list[Output]] = defaultdict(list)

    async def open(self) -> None:
        """Shuts out the partition's owner before; from here on nobody else writes its rows and offsets."""
        self._producer = await start_transactional_producer(self._settings, f"{self._settings.app}-{self._number}")

    def put(self, topic: str, outputs: Sequence[Output], number: int | None = None) -> None:
        """Keeps them for the next commit."""
        if outputs:
            self._outputs[topic, self._number if number is None else number] += outputs

    def commit(self, rows: Sequence[Output], offsets: Mapping[str, int]) -> Coroutine[Any, Any, None]:
        """Takes what was put until now; what is put from here on is of chunks whose offsets this transaction has not."""
        outputs, self._outputs = self._outputs, defaultdict(list)
        if rows:
            outputs[self._changelog, self._number] += rows
        return self._transact(outputs, {TopicPartition(topic, self._number): offset for topic, offset in offsets.items()})

    async def close(self) -> None:
        """Ends the producer. A transaction that is open is ended by the next owner's start."""
        if self._producer is not None:
            with suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(CLOSE_S_MAX):
                    await self._producer.stop()

    async def _transact(self, outputs: Mapping[tuple[str, int], Sequence[Output]], offsets: Mapping[TopicPartition, int]) -> None:
        producer = self._producer
        assert producer is not None, "open comes first"
        await producer.begin_transaction()
        try:
            await asyncio.gather(*(send(producer, *place, those) for place, those in outputs.items()))
            if offsets:
                await producer.send_offsets_to_transaction(offsets, self._settings.app)
            await producer.commit_transaction()
        except KafkaError:
            await _abort(producer)
            raise
        for (topic, _), those in outputs.items():
            self.on_acked(topic, those)


async def _abort(producer: AIOKafkaProducer) -> None:
    """Ends the transaction at once where that is possible: its readers need not wait for its time to run out."""
    with suppress(KafkaError, TimeoutError, AssertionError):
        async with asyncio.timeout(CLOSE_S_MAX):
            await producer.abort_transaction()
