"""What may be committed: chunks in as they are handed out and acked, offsets out in order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.stream.chunk import Chunk, LostChunkError
from streamer.stream.ledger import Ledger


def chunk(number: int, **next_offsets: int) -> Chunk:
    """A chunk of ten records."""
    return Chunk(number, (), 10, next_offsets)


def test_the_head_is_never_skipped() -> None:
    """An acked chunk behind one that is not acked commits nothing (Faust issue 606)."""
    ledger = Ledger()
    first, second = chunk(0, a=100), chunk(0, a=200)
    ledger.hand_out(first)
    ledger.hand_out(second)
    assert ledger.ack(second) == []
    assert ledger.take_committable("a", 0) is None
    assert ledger.ack(first) == [("a", 0)]
    assert ledger.take_committable("a", 0) == 200


def test_gaps_in_the_offsets_do_not_matter() -> None:
    """Transaction markers and compacted records leave gaps; a chunk says where the next one begins."""
    ledger = Ledger()
    for next_offset in (7, 1_000_000):
        one = chunk(0, a=next_offset)
        ledger.hand_out(one)
        ledger.ack(one)
        assert ledger.take_committable("a", 0) == next_offset


def test_an_offset_is_given_once() -> None:
    """What was taken to be committed is not new any more."""
    ledger = Ledger()
    one = chunk(0, a=5)
    ledger.hand_out(one)
    ledger.ack(one)
    assert ledger.take_committable("a", 0) == 5
    assert ledger.take_committable("a", 0) is None


def test_a_chunk_advances_all_its_topics() -> None:
    """A chunk has runs of several topics; its ack is one for all of them."""
    ledger = Ledger()
    one, two = chunk(0, a=5, b=9), chunk(0, b=11)
    ledger.hand_out(one)
    ledger.hand_out(two)
    assert sorted(ledger.ack(one)) == [("a", 0), ("b", 0)]
    ledger.ack(two)
    assert ledger.take_committable("a", 0) == 5
    assert ledger.take_committable("b", 0) == 11


def test_partitions_do_not_wait_for_one_another() -> None:
    """The order holds within a partition number only."""
    ledger = Ledger()
    stuck, free = chunk(0, a=5), chunk(1, a=8)
    ledger.hand_out(stuck)
    ledger.hand_out(free)
    ledger.ack(free)
    assert ledger.take_committable("a", 1) == 8
    assert ledger.take_committable("a", 0) is None


def test_an_ack_after_the_partitions_are_gone_commits_nothing() -> None:
    """A chunk of an earlier generation must not move the offsets of a later one."""
    ledger = Ledger()
    old = chunk(0, a=500)
    ledger.hand_out(old)
    ledger.clear()
    ledger.hand_out(chunk(0, a=100))
    assert ledger.ack(old) == []
    assert ledger.take_committable("a", 0) is None


def test_what_is_open_is_known() -> None:
    """How much is under way tells when to fetch less; the last chunk tells when all that was handed out is scored."""
    ledger = Ledger()
    assert ledger.last(0) is None
    one, two = chunk(0, a=10), chunk(0, a=20)
    ledger.hand_out(one)
    ledger.hand_out(two)
    assert ledger.records_open(0) == 20
    assert ledger.last(0) is two
    ledger.ack(one)
    assert ledger.records_open(0) == 10


@given(st.integers(1, 30), st.randoms(use_true_random=False))
def test_any_order_of_acks_commits_the_longest_acked_prefix(count: int, rng: random.Random) -> None:
    """At every moment the committed offset is the end of the longest run of acked chunks from the beginning."""
    ledger = Ledger()
    chunks = [chunk(0, a=10 * (place + 1)) for place in range(count)]
    for one in chunks:
        ledger.hand_out(one)
    committed = 0
    for one in rng.sample(chunks, count):
        ledger.ack(one)
        committed = ledger.take_committable("a", 0) or committed
        prefix = next((place for place, other in enumerate(chunks) if not other.acked), count)
        assert committed == 10 * prefix


def test_a_chunk_that_got_lost_is_missed_by_the_next() -> None:
    """What is handed out and never scored would be skipped by the commit of what follows it; the next chunk does not let it."""
    ledger = Ledger()
    chunks = [Chunk(0, (), 1, {"page-views": offset}) for offset in (1, 2, 3)]
    for chunk in chunks[:2]:
        ledger.hand_out(chunk)
    chunks[0].require_turn()
    with pytest.raises(LostChunkError, match="partition 0"):
        chunks[1].require_turn()
    chunks[0].mark_scored()
    chunks[1].require_turn()
    ledger.clear()
    ledger.hand_out(chunks[2])
    chunks[2].require_turn()
