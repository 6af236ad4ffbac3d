"""A consumer group in which one member works and the others stand by: records of a few topics leave, their offsets are committed by hand.

All partitions go to one member. When it ends, or is not heard of for `SESSION_MS`, another takes them, from what was committed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from streamer.settings import Settings
from streamer.stream.connection import BrokerError, client_options, unreachable

SESSION_MS: Final = 6_000  # the least that brokers allow unless told otherwise
HEARTBEAT_MS: Final = 2_000
# How long members have to finish what they do when the group changes.
REBALANCE_MS: Final = 5_000
FINISH_S_MAX: Final = 3.0
RECORDS_MAX: Final = 500


class Taken(NamedTuple):
    """One record; `topic` is the contract's name, without the prefix."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int


class OneForAllAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
    """Gives everything to the member with the first id."""

    name = "streamer-one-for-all"

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What a member tells the group's leader."""
        return ConsumerProtocolMemberMetadata(0, sorted(topics), b"")

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """The leader's work."""
        first = min(members)
        everything = [(topic, sorted(cluster.partitions_for_topic(topic) or ())) for topic in sorted(members[first].subscription)]
        return {member: ConsumerProtocolMemberAssignment(0, everything if member == first else [], b"") for member in members}

    @classmethod
    def on_assignment(cls, assignment: Any) -> None:
        """Nothing is remembered."""


class SingleReader(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A member of the group, for the length of an `async with` block.

    Wait for `its_turn`, work, and stop working when `lost` is set; then say `finished`. Raises BrokerError.
    """

    def __init__(self, settings: Settings, group: str, names: Sequence[str]) -> None:
        self._settings = settings
        self._group = group
        self._names = {settings.topic(name): name for name in names}
        self._fetched: dict[Any, int] = {}
        self._owns = asyncio.Event()
        self._finished = asyncio.Event()
        self.lost = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=self._group,
            partition_assignment_strategy=(OneForAllAssignor,),
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            enable_auto_commit=False,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_MS,
            fetch_max_wait_ms=100,
            max_poll_records=RECORDS_MAX,
        )
        self._consumer.subscribe(list(self._names), listener=self)
        try:
            await self._consumer.start()
        except (KafkaError, OSError):
            await self._consumer.stop()
            raise unreachable(self._settings) from None
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._finished.set()
        await self._consumer.stop()

    async def its_turn(self) -> None:
        """Returns when this member is the one to work."""
        while not self._owns.is_set():
            # The group is kept up by asking for records, also while there are none for this member.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._owns.wait(), 0.2)
            await self.fetch(0, none=True)
        self._finished.clear()
        self._fetched.clear()
        self.lost.clear()

    async def fetch(self, timeout_ms: int, *, none: bool = False) -> list[Taken]:
        """The next records; with `none` no records, only the sign that this member is alive."""
        try:
            places = list(self._consumer.assignment())
            (self._consumer.pause if none else self._consumer.resume)(*places)
            found = await self._consumer.getmany(timeout_ms=timeout_ms)
        except IllegalStateError:
            return []  # the partitions were lost in between
        except KafkaError as error:
            raise self._failed(error) from None
        self._fetched |= {place: records[-1].offset + 1 for place, records in found.items()}
        return [
            Taken(self._names[place.topic], record.key, record.value, record.timestamp)
            for place, records in found.items()
            for record in records
        ]

    async def commit(self) -> None:
        """Commits what was fetched; when the partitions are lost meanwhile, nothing: another member reads it again."""
        if not self._fetched:
            return
        try:
            await self._consumer.commit(self._fetched)
            self._fetched.clear()
        except (CommitFailedError, IllegalStateError):
            self.lost.set()
        except KafkaError as error:
            raise self._failed(error) from None

    def finished(self) -> None:
        """This member does nothing more on its turn."""
        self._finished.set()

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Before the group shares out again: whoever works here stops first."""
        if self._owns.is_set():
            self._owns.clear()
            self.lost.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._finished.wait(), FINISH_S_MAX)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """The group has shared out."""
        if assigned:
            self._owns.set()

    def _failed(self, error: KafkaError) -> BrokerError:
        return BrokerError(f"the broker at {self._settings.broker} failed: {str(error) or type(error).__name__}")
