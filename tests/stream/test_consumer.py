"""The seam on a fake of aiokafka's thread: records in, chunks out as Faust messages, offsets committed by acks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka.structs import TopicPartition
from faust.types import TP

from streamer.score.records import Record
from streamer.settings import Settings
from streamer.stream.app import make_app
from streamer.stream.chunk import Chunk
from streamer.stream.consumer import ChunkConsumer
from streamer.stream.fetched import Fetched
from topics.registry import CALLS, PAGE_VIEWS

TOPICS = {"page-views": PAGE_VIEWS, "calls": CALLS}
VIEWS_0, CALLS_0, VIEWS_1 = TP("page-views", 0), TP("calls", 0), TP("page-views", 1)
OWNED = {TP(topic, number) for topic in TOPICS for number in (0, 1)}


class FakeScoring:
    """A scorer that notes what it is told, and settles as the test says."""

    def __init__(self, notes: list[Any]) -> None:
        self.abandoned = False
        self.ready = {0, 1}
        self.notes = notes
        self.on_settle: Callable[[], object] = lambda: None

    def is_ready(self, number: int) -> bool:
        return number in self.ready

    def assigned(self, numbers: set[int], generation: int) -> None:
        self.notes.append(("assigned", numbers, generation))

    def revoked(self) -> None:
        self.notes.append("revoked")

    async def settle(self) -> None:
        self.notes.append("settle")
        self.on_settle()

    def score(self, event: Any) -> None:
        raise AssertionError("no agent runs here")


class FakeThread:
    """What aiokafka's thread answers; `fetches` are given out one a call."""

    def __init__(self, notes: list[Any]) -> None:
        self.notes = notes
        self.fetches: list[dict[TP, list[Record]]] = []
        self.asked: list[set[TP]] = []
        self.ends: dict[TP, Fetched | None] = {}
        self.committed: dict[TP, int | None] = {}

    async def getmany(self, active_partitions: set[TP], timeout: float) -> Mapping[TP, list[Record]]:  # noqa: ASYNC109
        self.asked.append(set(active_partitions))
        return self.fetches.pop(0) if self.fetches else {}

    def fetched(self, topic: str, number: int) -> Fetched | None:
        return self.ends.get(TP(topic, number), Fetched(0, 0, 1))

    def assignment(self) -> set[TP]:
        return set(OWNED)

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        self.notes.append(("commit", dict(offsets)))
        return True

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        return {tp: self.committed.get(tp) for tp in OWNED}

    async def seek_to_beginning(self, *partitions: TopicPartition) -> None:
        self.notes.append(("beginning", set(partitions)))


class Bench:
    """A consumer of the seam, with fakes on both sides."""

    def __init__(self) -> None:
        self.notes: list[Any] = []
        self.scoring = FakeScoring(self.notes)
        self.thread = FakeThread(self.notes)
        scorer: Any = self.scoring
        self.app = make_app(Settings(partitions=2), {}, TOPICS, scorer)
        consumer = self.app.consumer
        assert isinstance(consumer, ChunkConsumer)
        self.consumer = consumer
        consumer._thread.thread_loop.close()
        self.consumer._thread = self.thread  # type: ignore[assignment]
        self.consumer._on_partitions_revoked = self._stock_revoked
        self.consumer._on_partitions_assigned = self._stock_assigned
        self.app.topics.acking_topics.update(TOPICS)
        self.consumer._set_active_tps(OWNED)

    async def _stock_revoked(self, revoked: set[TP]) -> None:
        self.notes.append("stock revoked")

    async def _stock_assigned(self, assigned: set[TP], generation: int = 0) -> None:
        self.notes.append("stock assigned")

    async def messages(self, *fetches: dict[TP, list[Record]], rounds: int = 1) -> list[Any]:
        """The messages that these fetches become, one fetch a round; as Faust's loop does it, each is tracked."""
        self.thread.fetches += fetches
        got: list[Any] = []
        for _ in range(max(rounds, len(fetches))):
            async for _, message in self.consumer.getmany(1.0):
                self.consumer._unacked_messages.add(message)
                got.append(message)
        return got


def run(body: Callable[[Bench], Awaitable[None]]) -> None:
    """Runs an async test body on a fresh bench."""

    async def main() -> None:
        await body(Bench())

    asyncio.run(main())


def records(*places: int, key: bytes = b"k") -> list[Record]:
    """Records whose timestamp is their offset."""
    return [Record(key, b"v", offset, offset) for offset in places]


def chunk_of(message: Any) -> Chunk:
    """The chunk that a message is."""
    assert isinstance(message.value, Chunk)
    return message.value


def test_a_message_is_a_chunk_of_one_partition_number() -> None:
    """Records of one number come in one message, merged across topics; another number is another message."""

    async def body(bench: Bench) -> None:
        messages = await bench.messages({VIEWS_0: records(1, 4), CALLS_0: records(2), VIEWS_1: records(9)})
        first, second = sorted((chunk_of(message) for message in messages), key=lambda chunk: chunk.number)
        assert [(topic.name, [record.offset for record in run]) for topic, run in first.runs] == [
            ("page-views", [1]),
            ("calls", [2]),
            ("page-views", [4]),
        ]
        assert first.next_offsets == {"page-views": 5, "calls": 3}
        assert second.next_offsets == {"page-views": 10}

    run(body)


def test_chunks_hold_a_thousand_records_at_most() -> None:
    """A long fetch becomes several messages, and all of it comes."""

    async def body(bench: Bench) -> None:
        messages = await bench.messages({VIEWS_0: records(*range(2500))})
        assert [chunk_of(message).count for message in messages] == [1000, 1000, 500]

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


def test_a_full_queue_of_the_agent_stops_no_partition() -> None:
    """Faust would leave a partition out of the fetches and wait a second for the others."""

    async def body(bench: Bench) -> None:
        bench.consumer.on_buffer_full(VIEWS_0)
        await bench.messages({})
        assert bench.thread.asked == [OWNED]
        bench.consumer.on_buffer_drop(VIEWS_0)
        assert bench.consumer._get_active_partitions() == OWNED

    run(body)


def test_the_head_is_never_skipped() -> None:
    """A chunk that is acked behind one that is not commits nothing (Faust issue 606)."""

    async def body(bench: Bench) -> None:
        first, second = await bench.messages({VIEWS_0: records(*range(1500))})
        bench.consumer.ack(second)
        await bench.consumer.force_commit()
        assert bench.notes == []
        bench.consumer.ack(first)
        await bench.consumer.force_commit()
        assert bench.notes == [("commit", {VIEWS_0: 1500})]

    run(body)


def test_gaps_in_the_offsets_stall_nothing() -> None:
    """Transactional and compacted topics have gaps; Faust's own commit stood still at them."""

    async def body(bench: Bench) -> None:
        for message in await bench.messages({VIEWS_0: records(0, 1)}, {VIEWS_0: records(70, 900)}):
            await bench.consumer._add_gap(VIEWS_0, 2, 70)
            bench.consumer.ack(message)
            await bench.consumer.force_commit()
        assert bench.notes == [("commit", {VIEWS_0: 2}), ("commit", {VIEWS_0: 901})]

    run(body)


def test_an_ack_commits_all_topics_of_the_chunk() -> None:
    """One chunk has records of several topics; each of their offsets goes on."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(5), CALLS_0: records(7)})
        assert bench.consumer.ack(message)
        assert not bench.consumer.ack(message)
        await bench.consumer.force_commit()
        assert bench.notes == [("commit", {VIEWS_0: 6, CALLS_0: 8})]

    run(body)


def test_revoke_commits_before_faust_forgets() -> None:
    """What is scored is settled and committed first; Faust drops what is acked and not committed."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(5)})
        bench.scoring.on_settle = lambda: bench.consumer.ack(message)
        await bench.consumer.on_partitions_revoked(OWNED)
        assert bench.notes == ["settle", ("commit", {VIEWS_0: 6}), "stock revoked", "revoked"]

    run(body)


def test_what_was_fetched_does_not_outlive_its_assignment() -> None:
    """Chunks and acks of an earlier generation must not reach a later one."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(5)})
        bench.thread.ends[CALLS_0] = Fetched(0, 10, 1)
        assert await bench.messages({VIEWS_0: records(6)}) == []
        await bench.consumer.on_partitions_revoked(OWNED)
        await bench.consumer.on_partitions_assigned(OWNED, 7)
        bench.notes.clear()
        bench.consumer.ack(message)
        await bench.consumer.force_commit()
        assert bench.notes == []
        bench.thread.ends.clear()
        assert await bench.messages({}) == []

    run(body)


def test_an_assignment_is_told_before_faust_goes_on() -> None:
    """The scorer knows its partitions, and recovers them, before records may come."""

    async def body(bench: Bench) -> None:
        await bench.consumer.on_partitions_assigned(OWNED, 3)
        assert bench.notes == [("assigned", {0, 1}, 3), "stock assigned"]

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


def test_what_is_abandoned_is_not_committed_and_does_not_hang() -> None:
    """After a failure, or when the partitions may be another worker's, the chunk is kept by committing nothing, and the worker still ends."""

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


def test_a_stopped_flow_hands_out_nothing() -> None:
    """When a rebalance begins between two chunks, the rest is left to be read again."""

    async def body(bench: Bench) -> None:
        bench.thread.fetches = [{VIEWS_0: records(*range(2500))}]
        handed_out = 0
        async for _ in bench.consumer.getmany(1.0):
            handed_out += 1
            bench.consumer.flow_active = False
        assert handed_out == 1
        assert bench.consumer.ledger.records_open(0) == 1000

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


def test_slow_acks_slow_the_reading_down() -> None:
    """So much is handed out and not acked, and no more: memory is bounded when the broker is slow."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(1)})
        chunk_of(message).count = 200_000
        bench.consumer.ledger._records[0] = 200_000
        assert await bench.messages({VIEWS_0: records(2)}) == []
        bench.consumer.ack(message)
        assert len(await bench.messages({})) == 1

    run(body)


def test_the_watermark_follows_what_is_scored() -> None:
    """The time of the broker's word counts once all that it had then is scored."""

    async def body(bench: Bench) -> None:
        for tp in OWNED:
            bench.thread.ends[tp] = Fetched(0, 0, 1_000)
        bench.thread.ends[VIEWS_0] = Fetched(1, 1, 1_000)
        (message,) = await bench.messages({VIEWS_0: records(0)})
        assert bench.consumer.watermark_ms(0) == 0
        assert bench.consumer.watermark_ms(1) == 1_000
        chunk_of(message).mark_scored()
        assert bench.consumer.watermark_ms(0) == 1_000

    run(body)
