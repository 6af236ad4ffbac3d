"""The thread of the aiokafka consumer: our options come in, fetched records and how far they go leave.

It is a thread of its own so that heartbeats go out while chunks are scored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.transport.drivers import aiokafka as driver

from streamer.stream.assignor import CopartitionedAssignor
from streamer.stream.fetched import Fetched
from streamer.stream.records import raw

SESSION_MS: Final = 8_000
# By it a member learns of a rebalance, too: after another's death, or when one more comes.
HEARTBEAT_MS: Final = 1_000
# How long a rebalance waits for a member that is committing; the recovery of new partitions is not part of it.
REBALANCE_MS: Final = 10_000
FETCH_WAIT_MS: Final = 100
FETCH_BYTES_MAX: Final = 1024 * 1024


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread of the aiokafka consumer; our options in place of Faust's."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **transport.client_options,
            group_id=self.app.conf.id,
            partition_assignment_strategy=[CopartitionedAssignor()],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            key_deserializer=raw,
            isolation_level="read_committed" if transport.exactly_once else "read_uncommitted",
            max_poll_records=None,
            max_partition_fetch_bytes=FETCH_BYTES_MAX,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_MS,
        )

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
        """Faust would print a traceback; the worker says in one line why it ends."""

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Nothing: `watch.py` ends a worker that stands still.

        Faust's look asks for the position of a partition that may have none yet, just after a rebalance, and ends the worker.
        """

    def close(self) -> None:
        """Nothing: the thread closes its consumer by itself when it stops.

        Faust would do it from another thread, where a rebalance meets the end of the worker, and the consumer would wait for ever.
        """

    def rejoin(self) -> None:
        """Makes the consumer join its group again."""
        self.thread_loop.call_soon_threadsafe(self._ensure_consumer()._coordinator.request_rejoin)

    async def seek_again(self, topics: Iterable[str], number: int) -> None:
        """Reads one partition number of these topics from the offsets on that are committed now."""
        partitions = [TopicPartition(topic, number) for topic in topics]
        await self.call_thread(self._ensure_consumer().seek_to_committed, *partitions)

    def fetched(self, topic: str, number: int) -> Fetched | None:
        """How far a partition is fetched; None while the broker has not said where it ends."""
        consumer = self._ensure_consumer()
        subscription = consumer._subscription.subscription
        assignment = subscription and subscription.assignment
        state = assignment and assignment.state_value(TopicPartition(topic, number))
        # A reader of committed records comes only as far as no transaction is open.
        end = state and (state.lso if consumer._isolation_level == "read_committed" else state.highwater)
        if not state or end is None or state._position is None:
            return None
        return Fetched(state._position, end, state.timestamp)
