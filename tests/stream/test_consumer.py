"""The seam on a fake of aiokafka's thread: records in, chunks out as Faust messages, offsets committed by acks."""

from __future__ import annotations

from streamer.stream.fetched import Fetched
from tests.stream.seam import CALLS_0, OWNED, VIEWS_0, VIEWS_1, Bench, chunk_of, records, run


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


def test_with_exactly_once_faust_commits_nothing() -> None:
    """The transactions have the offsets; a commit of Faust's beside them could set them back."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(5)})
        bench.consumer.ack(message)
        assert await bench.consumer.force_commit()
        assert bench.notes == []

    run(body, guarantee="exactly_once")


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
        bench.thread.ends[VIEWS_0] = Fetched(0, 1, 1_000)

        async def meanwhile() -> None:
            bench.thread.ends[VIEWS_0] = Fetched(1, 1, 1_000)

        bench.thread.meanwhile = meanwhile
        (message,) = await bench.messages({VIEWS_0: records(0)})
        bench.consumer._looked_at_s = 0.0  # the look before the next fetch is not too soon
        await bench.messages({})
        assert bench.consumer.watermark_ms(0) == 0
        assert bench.consumer.watermark_ms(1) == 1_000
        chunk_of(message).mark_scored()
        assert bench.consumer.watermark_ms(0) == 1_000

    run(body)
