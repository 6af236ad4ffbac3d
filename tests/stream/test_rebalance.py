"""The seam when partitions come and go, and at the end, on a fake of aiokafka's thread: what is committed, told, dropped, sought."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.structs import TopicPartition

from streamer.stream.fetched import Fetched
from tests.stream.seam import CALLS_0, OWNED, VIEWS_0, VIEWS_1, Bench, chunk_of, records, run


def test_revoke_commits_before_faust_forgets() -> None:
    """What is scored is settled and committed first; Faust drops what is acked and not committed."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(5)})
        bench.scoring.on_settle = lambda: bench.consumer.ack(message)
        await bench.consumer.on_partitions_revoked(OWNED)
        assert bench.notes == ["settle", ("commit", {VIEWS_0: 6}), "stock revoked", "revoked"]

    run(body)


def test_nothing_is_handed_out_while_the_last_commit_is_under_way() -> None:
    """It would be dropped, and its records kept until the assignment."""

    async def body(bench: Bench) -> None:
        flows: list[bool] = []
        bench.scoring.on_settle = lambda: flows.append(bench.consumer.flow_active)
        await bench.consumer.on_partitions_revoked(OWNED)
        assert flows == [False]

    run(body)


def test_what_was_fetched_does_not_outlive_its_assignment() -> None:
    """Chunks and acks of an earlier generation must not reach a later one."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(5)})
        bench.thread.ends[CALLS_0] = Fetched(0, 10, 1)
        bench.consumer._looked_at_s = 0.0  # the look before the next fetch is not too soon
        assert await bench.messages({VIEWS_0: records(6)}) == []
        await bench.consumer.on_partitions_revoked(OWNED)
        await bench.consumer.on_partitions_assigned(OWNED, 7)
        bench.notes.clear()
        bench.consumer.ack(message)
        await bench.consumer.force_commit()
        assert bench.notes == []
        bench.thread.ends.clear()
        await bench.resumed()
        assert await bench.messages({}) == []

    run(body)


def test_a_fetch_that_outlives_its_assignment_is_read_again() -> None:
    """It asked for partitions that may be recovering now, and began where the owner before stood: it must not be handed out."""

    async def body(bench: Bench) -> None:
        async def rebalance() -> None:
            bench.thread.meanwhile = None
            await bench.consumer.on_partitions_revoked(OWNED)
            await bench.consumer.on_partitions_assigned(OWNED, 7)
            bench.scoring.ready = set()

        bench.thread.meanwhile = rebalance
        bench.thread.committed = dict.fromkeys(OWNED, 5) | {VIEWS_1: None}
        assert await bench.messages({VIEWS_0: records(5)}) == []
        assert bench.notes[-1] == ("beginning", {TopicPartition("page-views", 1)})
        assert bench.consumer._committed_offset[VIEWS_0] == 5
        bench.scoring.ready = {0, 1}
        await bench.resumed()
        (message,) = await bench.messages({VIEWS_0: records(5)})
        assert chunk_of(message).next_offsets == {"page-views": 6}

    run(body)


def test_an_assignment_is_told_before_faust_goes_on() -> None:
    """The scorer knows its partitions, and recovers them, before records may come."""

    async def body(bench: Bench) -> None:
        await bench.consumer.on_partitions_assigned(OWNED, 3)
        assert bench.notes == [("assigned", {0, 1}, 3), "stock assigned"]

    run(body)


def test_a_worker_that_ends_takes_nothing() -> None:
    """An assignment that comes while it stops is its successor's; it would begin to work, and leave it behind half done."""

    async def body(bench: Bench) -> None:
        bench.app._stopped.set()
        await bench.consumer.on_partitions_assigned(OWNED, 3)
        assert bench.notes == ["stock assigned"]

    run(body)


def test_stop_settles_what_is_scored() -> None:
    """Faust would wait for the acks for ever; SIGTERM would hang."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(5)})
        bench.scoring.on_settle = lambda: bench.consumer.ack(message)
        async with asyncio.timeout(1):
            await bench.consumer.wait_empty()
        assert bench.notes == ["settle", ("commit", {VIEWS_0: 6})]

    run(body)


def test_what_was_not_scored_by_then_does_not_hold_up_the_end() -> None:
    """A chunk that the scorer took no more is read again by whoever comes next; Faust would wait for its ack."""

    async def body(bench: Bench) -> None:
        scored, left = await bench.messages({VIEWS_0: records(5)}, {VIEWS_1: records(3)})
        bench.scoring.on_settle = lambda: bench.consumer.ack(scored)
        async with asyncio.timeout(1):
            await bench.consumer.wait_empty()
        assert not left.acked
        assert bench.notes == ["settle", ("commit", {VIEWS_0: 6})]

    run(body)


def test_what_is_abandoned_is_not_committed_and_does_not_hang() -> None:
    """After a failure, or when partitions may be another worker's: the chunk is kept by committing nothing, and the worker ends."""

    async def body(bench: Bench) -> None:
        messages = await bench.messages({VIEWS_0: records(5)})
        bench.scoring.abandoned = True
        async with asyncio.timeout(1):
            await bench.consumer.wait_empty()
            await bench.consumer.on_partitions_revoked(OWNED)
        assert not any(note[0] == "commit" for note in bench.notes)
        assert len(messages) == 1

    run(body)


def test_a_seek_forgets_what_waits_and_finds_uncommitted_partitions() -> None:
    """Faust leaves a partition without a committed offset where it stands: what was fetched and dropped would be lost."""

    async def body(bench: Bench) -> None:
        bench.thread.ends[CALLS_0] = Fetched(0, 10, 1)
        await bench.messages({VIEWS_0: records(6)})
        bench.thread.committed = {VIEWS_0: 6, CALLS_0: 1, VIEWS_1: 4}
        await bench.consumer.perform_seek()
        assert bench.notes == [("beginning", {TopicPartition("calls", 1)})]
        bench.thread.ends.clear()
        assert await bench.messages({}) == []

    run(body)


def test_the_flow_is_resumed_only_after_the_seek_of_its_own_assignment() -> None:
    """Faust resumes after a seek during which another rebalance began. It empties its queue at each resume: chunks would be lost."""

    async def body(bench: Bench) -> None:
        consumer = bench.consumer

        def resumed() -> bool:
            consumer.stop_flow()
            consumer.resume_flow()
            return consumer.flow_active

        assert consumer.suspend_flow.is_set()
        assert not resumed()
        await consumer.on_partitions_assigned(OWNED, 1)
        assert not resumed()
        await consumer.perform_seek()
        assert resumed()

        await consumer.on_partitions_revoked(OWNED)
        assert not resumed()
        await consumer.on_partitions_assigned(OWNED, 2)
        assert not resumed()
        await consumer.perform_seek()
        assert resumed()

    run(body)


def test_a_seek_that_a_rebalance_overtakes_resumes_nothing() -> None:
    """Its offsets were asked for an assignment that is over by the time they come."""

    async def body(bench: Bench) -> None:
        consumer = bench.consumer
        await consumer.on_partitions_assigned(OWNED, 1)
        answer = bench.thread.seek_to_committed

        async def overtaken() -> Any:
            await consumer.on_partitions_revoked(OWNED)
            await consumer.on_partitions_assigned(OWNED, 2)
            return await answer()

        bench.thread.seek_to_committed = overtaken  # type: ignore[method-assign]  # in place of the fake's own
        consumer.stop_flow()
        await consumer.perform_seek()
        consumer.resume_flow()
        assert not consumer.flow_active

    run(body)


def test_a_seek_may_take_as_long_as_a_machine_sleeps() -> None:
    """Faust gives one up after `broker_request_timeout`, 90 s by default, and resumes nothing after that, in no later assignment either."""

    async def body(bench: Bench) -> None:
        assert bench.app.conf.broker_request_timeout > 3_600

    run(body)


def test_another_generation_gets_no_chunks_of_this_one() -> None:
    """The generation can change while chunks are handed out."""

    async def body(bench: Bench) -> None:
        bench.thread.fetches = [{VIEWS_0: records(*range(2500))}]
        handed_out = 0
        async for _ in bench.consumer.getmany(1.0):
            handed_out += 1
            bench.app.consumer_generation_id = 99
        assert handed_out == 1

    run(body)
