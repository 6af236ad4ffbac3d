"""The commit of one partition, on a fake producer whose acks come when the test says so."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from aiokafka.errors import KafkaTimeoutError

from streamer.score.forwarding import Forward
from streamer.stream.owned import COMMIT_RECORDS_MAX
from tests.stream.owned_bench import COMMIT_MS, Bench, run


def test_alerts_go_out_before_any_commit() -> None:
    """From the event to the alert it takes no commit."""

    async def body(bench: Bench) -> None:
        chunk = bench.take(b"a", b"a", b"a")
        await bench.settled()
        assert bench.producer.topics() == ["alerts"]
        assert bench.acked == []
        assert chunk.scored
        assert chunk.runs == ()

    run(body)


def test_outputs_then_rows_then_acks() -> None:
    """No row is durable before its outputs, and no chunk is acked before its rows."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"alerts", "rejects", "scores", "changelog"}
        bench.owned.advance(bench.now_ms)
        chunk = bench.take(b"a", b"a", b"a")
        bench.take(b"b", value=b"bad")
        await bench.later(COMMIT_MS)
        assert sorted(bench.producer.topics()) == ["alerts", "rejects", "scores"]
        for topic in ("rejects", "alerts", "scores"):
            assert "changelog" not in bench.producer.topics()
            bench.producer.ack(topic)
            await bench.settled()
        assert bench.producer.topics()[3:] == ["changelog"]
        assert bench.acked == []
        bench.producer.ack("changelog")
        await bench.settled()
        assert bench.acked[0] is chunk
        assert len(bench.acked) == 2

    run(body)


@pytest.mark.parametrize("broken", ["alerts", "rejects", "scores", "changelog"])
def test_a_failure_of_the_broker_acks_nothing(broken: str) -> None:
    """Whatever cannot be sent: the failure is reported once and the chunks are not acked."""

    async def body(bench: Bench) -> None:
        bench.producer.broken = {broken}
        bench.owned.advance(bench.now_ms)
        bench.take(b"a", b"a", b"a")
        bench.take(b"b", value=b"bad")
        await bench.later(COMMIT_MS)
        assert [type(failure) for failure in bench.failures] == [KafkaTimeoutError]
        assert bench.acked == []
        bench.owned.stop()

    run(body)


def test_the_next_chunks_are_scored_meanwhile() -> None:
    """A commit under way holds up no scoring; what is scored meanwhile belongs to the next commit."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"changelog"}
        first = bench.take(b"a")
        await bench.later(COMMIT_MS)
        second = bench.take(b"a", b"b")
        assert second.scored
        await bench.later(COMMIT_MS)
        assert [topic for topic in bench.producer.topics() if topic != "scores"] == ["changelog"]
        bench.producer.ack("changelog")
        await bench.settled()
        assert bench.acked == [first]
        await bench.later(COMMIT_MS)
        assert bench.acked == [first, second]

    run(body)


def test_many_records_do_not_wait_for_the_time() -> None:
    """A commit is due by its records too, so that touched rows stay few."""

    async def body(bench: Bench) -> None:
        await bench.later(COMMIT_MS)
        chunk = bench.take(*[b"a"] * COMMIT_RECORDS_MAX)
        await bench.settled()
        assert bench.acked == [chunk]

    run(body)


def test_scores_of_a_live_partition_go_out_at_once_and_then_once_a_second() -> None:
    """A lead that changes all the time is published at most once a second, and its last state always."""

    async def body(bench: Bench) -> None:
        published: list[int] = []
        for step in range(40):
            bench.owned.advance(bench.now_ms)
            if step < 25:
                bench.take(b"a")
            await bench.later(100)
            published += [bench.now_ms] * len(bench.scores())
            if step < 39:
                bench.producer.sent.clear()
        assert [later - sooner for sooner, later in pairwise(published)] == [1_000, 1_000, 1_000]
        assert bench.leads.unpublished == set()

    run(body)


def test_a_slice_holds_up_little() -> None:
    """However many leads changed, few are published at once, and in the end all are."""

    async def body(bench: Bench) -> None:
        keys = [f"lead-{number}".encode() for number in range(100)]
        bench.owned.advance(bench.now_ms)
        bench.take(*keys)
        sizes: list[int] = []
        while bench.owned.publish():
            await bench.settled()
            sizes.append(len(bench.scores()) - sum(sizes))
        assert max(sizes) <= 16
        assert sorted(key for key, _ in bench.scores()) == sorted(keys)

    run(body)


def test_scores_are_sent_before_the_row_that_says_so() -> None:
    """What is published while a commit is under way belongs to the next commit's rows, which wait for its ack."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"scores"}
        bench.owned.advance(bench.now_ms)
        first = bench.take(b"a")
        await bench.later(COMMIT_MS)
        assert bench.scores() and bench.acked == []
        bench.producer.ack("scores")
        await bench.settled()
        assert bench.acked == [first]

    run(body)


def test_scores_of_a_backlog_are_few() -> None:
    """While a backlog is read a slice of the leads is published each second; once it is read, the rest."""

    async def body(bench: Bench) -> None:
        bench.take(*[f"lead-{number}".encode() for number in range(100)])
        for _ in range(30):
            await bench.later(100)
        assert len(bench.scores()) == 3 * 16
        for _ in range(4):
            bench.owned.advance(bench.now_ms)
            await bench.later(10)
        assert len(bench.scores()) == 100

    run(body)


def test_time_acts_only_when_live() -> None:
    """While a backlog is read the clock of the events counts, not the wall's."""

    async def body(bench: Bench) -> None:
        bench.owned.advance(bench.now_ms - 10_000)
        assert bench.leads.advanced == []
        bench.owned.advance(bench.now_ms - 50)
        assert bench.leads.advanced == [bench.now_ms - 50]

    run(body)


def test_settle_commits_all_that_is_scored() -> None:
    """Before a revoke or the end, also while another commit is under way."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"changelog"}
        first = bench.take(b"a")
        await bench.later(COMMIT_MS)
        second = bench.take(b"b")
        settling = asyncio.create_task(bench.owned.settle())
        await bench.settled()
        assert bench.acked == []
        bench.producer.ack("changelog")
        await settling
        assert bench.acked == [first, second]

    run(body)


def test_settle_waits_for_what_was_published_after_the_last_commit() -> None:
    """On its way while the partition has its next owner already, it could arrive behind what that one says of the same lead."""

    async def body(bench: Bench) -> None:
        chunk = bench.take(b"a")
        bench.now_ms += COMMIT_MS
        bench.owned.commit_if_due()
        await bench.settled()
        assert bench.acked == [chunk]
        bench.producer.silent = {"scores"}
        assert bench.owned.publish()
        settling = asyncio.create_task(bench.owned.settle())
        await bench.settled()
        assert not settling.done()
        bench.producer.ack("scores")
        async with asyncio.timeout(1):
            await settling

    run(body)


def test_a_stopped_partition_commits_no_more() -> None:
    """After a commit that was cancelled none may follow: its rows would be missing below the next one's offsets."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"changelog"}
        bench.take(b"a")
        await bench.later(COMMIT_MS)
        bench.take(b"b")
        bench.owned.advance(bench.now_ms)
        bench.owned.stop()
        bench.producer.ack("changelog")
        await bench.settled()
        await bench.later(COMMIT_MS)
        await asyncio.wait_for(bench.owned.settle(), 1)
        assert [topic for topic, _ in bench.producer.sent if topic != "scores"] == ["changelog"]
        assert bench.acked == []

    run(body)


def test_forwards_are_there_before_the_chunk_is_acked() -> None:
    """A record that belongs to another partition is with the broker, in its own topic, before its offset is committed."""

    async def body(bench: Bench) -> None:
        bench.producer.silent = {"page-views"}
        bench.leads.forwards = [Forward("page-views", 3, b"k", b"v", 5, [("h", b"1")])]
        chunk = bench.take(b"a")
        await bench.later(COMMIT_MS)
        assert bench.producer.topics() == ["page-views", "scores"]
        assert bench.producer.sent[0] == ("page-views", [(b"k", b"v")])
        bench.producer.ack("page-views")
        await bench.settled()
        assert bench.acked == [chunk]

    run(body)


def test_rows_go_in_batches_that_hold_them_all() -> None:
    """A full batch is followed by another; none is lost between them."""

    async def body(bench: Bench) -> None:
        bench.take(*[f"lead-{number}".encode() for number in range(10)])
        await bench.later(COMMIT_MS)
        batches = [records for topic, records in bench.producer.sent if topic == "changelog"]
        assert [len(records) for records in batches] == [3, 3, 3, 1]
        assert len({key for records in batches for key, _ in records}) == 10

    run(body)


def test_a_clock_that_is_put_back_stops_nothing() -> None:
    """Commits and scores go on, though the wall clock says that the last ones are of the future."""

    async def body(bench: Bench) -> None:
        bench.owned.advance(bench.now_ms)
        first = bench.take(b"a")
        await bench.later(COMMIT_MS)
        await bench.later(-3_600_000)
        second = bench.take(b"b")
        await bench.later(COMMIT_MS)
        assert bench.acked == [first, second]
        await bench.later(COMMIT_MS)
        assert [key for key, _ in bench.scores()] == [b"a", b"b"]

    run(body)
