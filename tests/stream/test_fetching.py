"""Fetches on a fake of aiokafka's thread: when the broker is asked, and for which partitions."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import pytest
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from streamer.stream.consumer import PACE_S
from streamer.stream.fetched import Fetched
from streamer.stream.thread import ConsumerThread
from tests.stream.seam import CALLS_0, OWNED, VIEWS_0, Bench, chunk_of, records, run


def test_the_next_records_are_asked_for_while_these_are_scored() -> None:
    """What is handed out holds up no fetch: the broker's answer is on its way meanwhile, and its records follow at once."""

    async def body(bench: Bench) -> None:
        bench.thread.fetches = [{VIEWS_0: records(0)}, {VIEWS_0: records(1)}]
        places = []
        async for _, message in bench.consumer.getmany(1.0):
            places.append(chunk_of(message).next_offsets["page-views"])
            await asyncio.sleep(2 * PACE_S)  # so long the chunk is scored; nothing else is asked of the seam
        assert places == [1, 2]

    run(body)


def test_fetches_keep_a_distance() -> None:
    """A fetch costs what scoring many records costs: a topic with an event now and then is not asked for each of them."""

    async def body(bench: Bench) -> None:
        bench.thread.fetches = [{VIEWS_0: records(place)} for place in range(100)]
        started_s = monotonic()
        while monotonic() - started_s < 10 * PACE_S:
            await bench.messages()
        assert len(bench.thread.asked) <= 11

    run(body)


def test_a_fetch_that_fails_is_told_to_faust() -> None:
    """Faust's loop decides what a stopped consumer means; a fetch of its own must not keep that to itself."""

    async def body(bench: Bench) -> None:
        async def stopped(*_: object, **__: object) -> None:
            raise ConsumerStoppedError

        bench.thread.getmany = stopped  # type: ignore[method-assign, assignment]  # in place of the fake's own
        with pytest.raises(ConsumerStoppedError):
            await bench.messages({})

    run(body)


def test_only_recovered_partitions_are_fetched() -> None:
    """A partition whose rows are not here yet gets no records."""

    async def body(bench: Bench) -> None:
        bench.scoring.ready = {1}
        await bench.messages({})
        assert bench.thread.asked == [{TP("page-views", 1), TP("calls", 1)}]

    run(body)


def test_to_want_nothing_asks_for_nothing() -> None:
    """An empty set of partitions means all of them to aiokafka, so it is never asked for."""

    async def body(bench: Bench) -> None:
        bench.scoring.ready = set()
        await bench.messages({VIEWS_0: records(1)})
        assert bench.thread.asked == []

    run(body)


def test_a_topic_with_enough_waiting_is_not_fetched() -> None:
    """What waits here bounds the memory; the other topics are still fetched."""

    async def body(bench: Bench) -> None:
        bench.thread.ends[CALLS_0] = Fetched(0, 10, 1)  # the merge waits for it
        await bench.messages({VIEWS_0: records(*range(1500))}, {VIEWS_0: records(*range(1500, 3000))}, rounds=3)
        assert VIEWS_0 in bench.thread.asked[1]
        assert VIEWS_0 not in bench.thread.asked[2]
        assert CALLS_0 in bench.thread.asked[2]

    run(body)


def test_what_is_on_its_way_is_waited_for() -> None:
    """aiokafka counts records as read when it hands them over, in a thread of its own. Until they are here the others are held back."""

    async def body(bench: Bench) -> None:
        bench.thread.ends = {VIEWS_0: Fetched(7, 7, 1), CALLS_0: Fetched(0, 2, 1)}
        assert await bench.messages({VIEWS_0: records(5, 6)}) == []

        async def meanwhile() -> None:
            bench.thread.ends[CALLS_0] = Fetched(2, 2, 1)
            await asyncio.sleep(3 * PACE_S)

        bench.thread.meanwhile = meanwhile
        (message,) = await bench.messages({CALLS_0: records(0, 1)}, rounds=6)
        assert [(topic.name, record.offset) for topic, run in chunk_of(message).runs for record in run] == [
            ("calls", 0),
            ("calls", 1),
            ("page-views", 5),
            ("page-views", 6),
        ]

    run(body)


def test_a_full_queue_of_the_agent_stops_no_partition() -> None:
    """Faust would leave a partition out of the fetches and wait a second for the others."""

    async def body(bench: Bench) -> None:
        bench.consumer.on_buffer_full(VIEWS_0)
        await bench.messages({})
        assert bench.thread.asked == [OWNED]
        bench.consumer.on_buffer_drop(VIEWS_0)
        assert bench.consumer._get_active_partitions() == OWNED

    run(body)


def test_a_place_that_is_not_known_yet_ends_no_worker() -> None:
    """Faust looks every few seconds how far each partition is, and fails where aiokafka has no position: ours does without."""
    thread: Any = None
    assert AIOKafkaConsumerThread.verify_event_path is not ConsumerThread.verify_event_path
    ConsumerThread.verify_event_path(thread, 0.0, VIEWS_0)
