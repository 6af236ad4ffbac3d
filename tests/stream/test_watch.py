"""What the watch makes of what it sees: who is stalled, and which topics do not fit."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from streamer.stream.connection import explained, wait_for_broker
from streamer.stream.watch import STALLED_S, Progress


def looked_at(progress: Progress, marks: dict[int, str], from_s: float, to_s: float) -> list[tuple[int, float]]:
    """Looks every ten seconds; what the last look said."""
    found: list[tuple[int, float]] = []
    while from_s <= to_s:
        found = progress.stalled(marks, from_s)
        from_s += 10
    return found


def test_only_what_has_work_and_does_not_move_is_stalled() -> None:
    """A place is stalled when its mark stays the same for a minute on end; without work it is forgotten."""
    progress = Progress()
    assert looked_at(progress, {0: "a", 1: "a"}, 0, 40) == []
    assert looked_at(progress, {0: "a", 1: "b"}, 50, 50) == []
    assert looked_at(progress, {0: "a", 1: "b"}, 60, 60) == [(0, STALLED_S)]
    assert looked_at(progress, {1: "b"}, 70, 70) == []
    assert looked_at(progress, {0: "a", 1: "b"}, 80, 100) == []
    assert looked_at(progress, {0: "a", 1: "b"}, 110, 110) == [(1, STALLED_S)]


def test_time_without_a_broker_does_not_count() -> None:
    """While the broker is away nothing can move."""
    progress = Progress()
    looked_at(progress, {0: "a"}, 0, 50)
    progress.forget()
    assert looked_at(progress, {0: "a"}, 60, 110) == []
    assert looked_at(progress, {0: "a"}, 120, 120) == [(0, STALLED_S)]


def test_time_that_the_process_stood_still_does_not_count() -> None:
    """A machine that was suspended for an hour goes on, and does not end itself."""
    progress = Progress()
    looked_at(progress, {0: "a"}, 0, 50)
    assert looked_at(progress, {0: "a"}, 3_600, 3_650) == []


def test_a_producer_waits_as_long_as_it_must() -> None:
    """A contract with aiokafka: the two times after which it gives up what waits to be sent are where they are set."""

    async def body() -> None:
        producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1")
        before = dict(vars(producer)), dict(vars(producer._message_accumulator))
        wait_for_broker(producer)
        assert before[0].keys() == vars(producer).keys()
        assert before[1].keys() == vars(producer._message_accumulator).keys()
        assert producer._request_timeout_ms == 1000 * producer._message_accumulator._batch_ttl > before[0]["_request_timeout_ms"]
        assert producer._sender._request_timeout_ms == before[0]["_request_timeout_ms"]
        producer._closed = True

    asyncio.run(body())


@pytest.mark.parametrize("error", [RuntimeError("of\nmany\nlines"), ValueError()])
def test_what_went_wrong_is_one_line(error: Exception) -> None:
    """With the place where that is known."""
    error.add_note("topic calls, partition 3")
    assert explained(error) == f"topic calls, partition 3: {' '.join(str(error).split()) or 'ValueError'}"
