"""Packed times beside sorted lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamer.score.times import add, count_since, newest, pack, unpack

milliseconds = st.one_of(st.integers(0, 5), st.integers(0, 253_402_300_799_999))


def test_a_time_takes_six_bytes_that_compare_as_times_do() -> None:
    """Big-endian: 2026-11-22T10:00:00Z is 1795341600000 = 0x01a202b2c500 ms."""
    assert pack(1_795_341_600_000) == bytes.fromhex("01a202b2c500")
    assert pack(255) < pack(256) < pack(65_536)


@given(times=st.lists(milliseconds, max_size=20), most=st.integers(1, 8))
def test_the_newest_are_kept_in_order(times: list[int], most: int) -> None:
    """However they arrive, the newest `most` stay, oldest first."""
    packed = b""
    for place, time_ms in enumerate(times, 1):
        packed = add(packed, time_ms, most)
        assert unpack(packed) == sorted(times[:place])[-most:]


@given(times=st.lists(milliseconds, max_size=20), after_ms=st.one_of(milliseconds, st.just(-1)), rank=st.integers(1, 25))
def test_counting_and_ranks(times: list[int], after_ms: int, rank: int) -> None:
    """Later than a time means later, not as late; a rank beyond the times is None."""
    packed = b"".join(pack(time_ms) for time_ms in sorted(times))
    assert count_since(packed, after_ms) == sum(time_ms > after_ms for time_ms in times)
    assert newest(packed, rank) == (sorted(times)[-rank] if rank <= len(times) else None)
