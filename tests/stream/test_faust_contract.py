"""The internals of Faust, mode and aiokafka that the seam overrides or leans on: they must be what they were when it was written.

A failure here after an upgrade means: read what changed, see whether the seam still holds, then write down the new digest.
"""

from __future__ import annotations

import hashlib
import inspect
from importlib.metadata import version
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.consumer import fetcher, subscription_state
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.record.default_records import _DefaultRecordBatchPy
from faust.app.base import App
from faust.tables.recovery import Recovery
from faust.transport import base, consumer
from faust.transport.drivers import aiokafka as driver
from mode.threads import ServiceThread

# The seam puts its own in this place once it is imported.
FETCH_RESULT: Any = fetcher.FetchResult.__mro__[-2]

DIGESTS: list[tuple[Any, str]] = [
    (consumer.Consumer.getmany, "4b168d84882a"),
    (consumer.Consumer._wait_next_records, "6218e1969a63"),
    (consumer.Consumer._drain_messages, "44a2500309e8"),
    (consumer.Consumer.ack, "5fcf41cf4515"),
    (consumer.Consumer._new_offset, "1d2c7ea89a7a"),
    (consumer.Consumer._add_gap, "4df2573ded7c"),
    (consumer.Consumer.on_buffer_full, "c8961679e0bc"),
    (consumer.Consumer.on_buffer_drop, "4b57e8a418d5"),
    (consumer.Consumer.wait_empty, "e4662fe24f09"),
    (consumer.Consumer.perform_seek, "0e8c130ff4b0"),
    (consumer.Consumer.on_partitions_revoked, "d04b7ae72c6f"),
    (consumer.Consumer.on_partitions_assigned, "29ce96596f05"),
    (consumer.Consumer.force_commit, "cc094614d22c"),
    (consumer.Consumer._filter_committable_offsets, "dc5e9baf5d99"),
    (consumer.Consumer._filter_tps_with_pending_acks, "f6f923977423"),
    (consumer.Consumer._should_commit, "5ce941793947"),
    (consumer.Consumer._commit_offsets, "1a6979904118"),
    (consumer.ThreadDelegateConsumer.__init__, "7072ae80eac1"),
    (consumer.ThreadDelegateConsumer._getmany, "f9d47aa9010b"),
    (consumer.ThreadDelegateConsumer._commit, "a20eec84e4b2"),
    (base.Transport.__init__, "cfa0f03f4af2"),
    (base.Transport.create_consumer, "46cc2bf5ab14"),
    (driver.Consumer._new_consumer_thread, "0870ec53dea7"),
    (driver.ConsumerRebalanceListener, "f3d04f29dfb3"),
    (driver.AIOKafkaConsumerThread.verify_event_path, "b983e7735f64"),
    (driver.AIOKafkaConsumerThread._create_worker_consumer, "c2701bfc3e6f"),
    (driver.AIOKafkaConsumerThread._create_consumer, "a4dc6ba0681a"),
    (driver.AIOKafkaConsumerThread._fetch_records, "39a2c6c79fc1"),
    (driver.AIOKafkaConsumerThread.seek_to_beginning, "bd4250b8d1e7"),
    (driver.AIOKafkaConsumerThread.close, "d22efc59a1df"),
    (driver.AIOKafkaConsumerThread.on_thread_stop, "8dfc004e258b"),
    (ServiceThread.on_crash, "d1b1624686ba"),
    (App._stop_consumer, "55854a5de12c"),
    (App._on_partitions_revoked, "d5c895bbe57d"),
    (App._on_partitions_assigned, "de932b7927db"),
    (App._on_rebalance_when_stopped, "1b172d9af8ff"),
    (Recovery._resume_streams, "d986a6710c1a"),
    (AIOKafkaConsumer.start, "2f1ba7044332"),
    (AIOKafkaConsumer.seek_to_committed, "f6cd85c8b70a"),
    (AbstractPartitionAssignor, "4089452a0220"),
    (GroupCoordinator._perform_assignment, "a5cf61fa9732"),
    (GroupCoordinator._on_join_complete, "0b0b3d204b40"),
    (GroupCoordinator.ensure_active_group, "33c84c1a9301"),
    (fetcher.PartitionRecords, "94aa0da0dbec"),
    (_DefaultRecordBatchPy, "f63fbb5a8a24"),
    (fetcher.Fetcher.fetched_records, "be4348896b9b"),
    (fetcher.Fetcher._get_actions_per_node, "1dab2cf937d1"),
    (fetcher.Fetcher._proc_fetch_request, "59bf948fff47"),
    (subscription_state.TopicPartitionState, "2b83334afadf"),
    (MessageAccumulator.add_batch, "5ed1c5b1367a"),
    (AIOKafkaProducer.begin_transaction, "f5128199fc27"),
    (AIOKafkaProducer.commit_transaction, "c7f9677c8941"),
    (AIOKafkaProducer.abort_transaction, "e93a2aba6d76"),
    (AIOKafkaProducer.send_offsets_to_transaction, "4b58002b4496"),
    (TransactionManager, "d0932794d69a"),
    (FETCH_RESULT, "d7db13f06de8"),
]


def digest(thing: Any) -> str:
    """A digest of the source of a function or class."""
    return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()[:12]


@pytest.mark.parametrize(("package", "pinned"), [("faust-streaming", "0.15.3"), ("aiokafka", "0.14.0"), ("mode-streaming", "0.7.1")])
def test_the_versions_are_the_pinned_ones(package: str, pinned: str) -> None:
    """The seam is written for these versions."""
    assert version(package) == pinned


@pytest.mark.parametrize(("thing", "known"), DIGESTS, ids=lambda value: getattr(value, "__qualname__", ""))
def test_the_source_is_what_the_seam_was_written_for(thing: Any, known: str) -> None:
    """What is overridden, and what calls the overrides, has not moved."""
    assert digest(thing) == known
