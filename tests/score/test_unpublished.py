"""Which leads are published when: the rule of once a second, apart from everything else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamer.score.unpublished import PUBLISH_MS, Unpublished

STEPS = st.lists(st.tuples(st.integers(0, 700), st.sets(st.sampled_from([b"a", b"b", b"c", b"d"])), st.integers(0, 3)), max_size=60)


@given(STEPS)
def test_no_lead_twice_in_a_second_and_none_forgotten(steps: list[tuple[int, set[bytes], int]]) -> None:
    """Two publications of a lead are a second apart, and whatever changed is published within a second of asking for all."""
    unpublished, now_ms, published = Unpublished(), 1_000_000, dict[bytes, int]()
    for waited_ms, changed, most in steps:
        now_ms += waited_ms
        unpublished.update(changed)
        taken = unpublished.take(most, now_ms)
        assert len(taken) <= most
        for key in taken:
            assert now_ms - published.get(key, 0) >= PUBLISH_MS
            published[key] = now_ms
    left = set(unpublished)
    at_once, after_a_second = unpublished.take(9, now_ms), unpublished.take(9, now_ms + PUBLISH_MS)
    assert {*at_once, *after_a_second} == left
    assert not unpublished


def test_a_clock_that_is_put_back_stops_nothing() -> None:
    """After the clock went back an hour, leads are published again as before."""
    unpublished = Unpublished()
    unpublished.add(b"a")
    assert unpublished.take(1, 9_000_000) == [b"a"]
    unpublished.add(b"a")
    assert unpublished.take(1, 5_400_000) == [b"a"]


def test_without_a_clock_nothing_waits() -> None:
    """Who gives no time gets all that changed."""
    unpublished = Unpublished()
    for _ in range(2):
        unpublished.add(b"a")
        assert unpublished.take(10, None) == [b"a"]
