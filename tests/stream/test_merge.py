"""The merge across topics: records in by topic, chunks out by timestamp.

Time is drawn from left to right; a letter is a topic with a record at that time, a dot is nothing.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamer.score.records import Record
from streamer.stream.chunk import Chunk
from streamer.stream.fetched import Fetched, FetchedOf
from streamer.stream.merge import HOLD_BACK_S_MAX, LOOK_S_MAX, Merge
from topics.registry import CALLS, PAGE_VIEWS, PURCHASES

TOPICS = {"a": PAGE_VIEWS, "b": CALLS, "c": PURCHASES}


def nothing_more(topic: str) -> Fetched:
    """The broker has no more of any topic."""
    return Fetched(50, 50, 0)


def more_of(*topics: str) -> FetchedOf:
    """The broker has more of these topics."""
    return lambda topic: Fetched(50, 60 if topic in topics else 50, 0)


def filled(**times: list[int]) -> Merge:
    """A merge with one fetch of each topic; offsets count from 0."""
    merge = Merge(0, TOPICS)
    for name, timestamps in times.items():
        merge.lanes[name].add([Record(name.encode(), b"", offset, timestamp) for offset, timestamp in enumerate(timestamps)])
    return merge


def drawn(*lines: str) -> Merge:
    """A merge from lines like `a..a`, one of each topic."""
    times = {line.strip(".")[0]: [at for at, mark in enumerate(line) if mark != "."] for line in lines}
    return filled(**times)


def order(chunk: Chunk | None) -> str:
    """The topics of a chunk's records, in order."""
    assert chunk is not None
    return "".join(record.key.decode() for _, records in chunk.runs for record in records if record.key is not None)


def test_topics_are_merged_by_timestamp() -> None:
    """Across topics the older record comes first."""
    merge = drawn(
        "a..a....a",
        ".bb...b..",
        ".....c..."
    )  # fmt: skip
    chunk = merge.take(nothing_more, 0)
    assert order(chunk) == "abbacba"
    assert chunk is not None
    assert chunk.next_offsets == {"a": 3, "b": 3, "c": 1}
    assert chunk.count == 7
    assert merge.waiting == 0


def test_equal_timestamps_follow_the_registry() -> None:
    """At equal timestamps the topic that is earlier in the registry comes first."""
    merge = drawn(
        "..a",
        "b.b",
        "ccc"
    )  # fmt: skip
    assert order(merge.take(nothing_more, 0)) == "bccabc"


def test_order_within_a_topic_is_that_of_its_offsets() -> None:
    """A topic whose timestamps fall is not sorted: its rows count applied offsets."""
    merge = filled(a=[5, 1, 7], b=[4, 6])
    chunk = merge.take(nothing_more, 0)
    assert order(chunk) == "baaba"
    assert chunk is not None
    offsets = [record.offset for topic, records in chunk.runs for record in records if topic is PAGE_VIEWS]
    assert offsets == [0, 1, 2]


def test_a_topic_that_has_more_is_waited_for() -> None:
    """While the broker has more of an empty topic, or has not said, the others are held back."""
    merge = drawn("aaa")
    assert merge.take(more_of("b"), 0.0) is None
    assert merge.take(more_of("b"), 0.2) is None
    merge.lanes["b"].add([Record(b"b", b"", 0, 1)])
    assert order(merge.take(nothing_more, 0.3)) == "aaba"


def test_a_topic_of_which_nothing_is_known_is_waited_for() -> None:
    """Right after an assignment the broker has not said where a topic ends."""
    merge = drawn("aaa")
    assert merge.take(lambda topic: None if topic == "c" else nothing_more(topic), 0.0) is None
    assert order(merge.take(nothing_more, 0.1)) == "aaa"


def test_records_that_come_meanwhile_are_not_waited_for() -> None:
    """The end that is waited for is the one known when the waiting began; a busy topic would hold up the others for ever."""
    merge = drawn("aaa")
    assert merge.take(more_of("b"), 0.0) is None
    assert order(merge.take(lambda topic: Fetched(60, 75, 0), 0.1)) == "aaa"


def test_nothing_is_waited_for_once_all_is_read() -> None:
    """A live partition merges what was fetched: an alert does not wait for the next fetch."""
    merge = drawn("aaa")
    assert order(merge.take(None, 0.0)) == "aaa"


def test_nothing_waits_for_ever() -> None:
    """After five seconds the others go on without the missing topic, and do not wait for it again until it came."""
    merge = filled(a=list(range(5)))
    taken = [merge.take(more_of("b"), 10.0 + look * LOOK_S_MAX, count_max=2) for look in range(round(HOLD_BACK_S_MAX / LOOK_S_MAX))]
    assert not any(taken)
    assert order(merge.take(more_of("b"), 10.0 + HOLD_BACK_S_MAX, count_max=2)) == "aa"
    assert order(merge.take(more_of("b"), 10.0 + HOLD_BACK_S_MAX, count_max=2)) == "aa"
    merge.lanes["b"].add([Record(b"b", b"", 0, 0)])
    assert order(merge.take(more_of("b"), 11.0, count_max=1)) == "b"
    assert merge.take(more_of("b"), 11.0) is None


def test_time_in_which_nobody_looked_does_not_count() -> None:
    """A worker that was frozen for an hour has asked the broker for nothing: it waits for the missing topic as if it had just begun."""
    merge = drawn("aaa")
    for look in range(5):
        assert merge.take(more_of("b"), look * 3600.0) is None
    merge.lanes["b"].add([Record(b"b", b"", 0, 1)])
    assert order(merge.take(nothing_more, 18_000.1)) == "aaba"


def test_a_chunk_ends_where_a_topic_runs_out() -> None:
    """What comes next in a topic that has more may be older than what the others have: the chunk ends there."""
    merge = drawn(
        "a...aa",
        ".bb..."
    )  # fmt: skip
    assert order(merge.take(more_of("b"), 0.0)) == "abb"
    assert merge.take(more_of("b"), 0.1) is None
    merge.lanes["b"].add([Record(b"b", b"", 2, 4)])
    assert order(merge.take(nothing_more, 0.2)) == "aba"


@given(
    st.fixed_dictionaries({name: st.lists(st.integers(0, 30), max_size=40) for name in TOPICS}),
    st.integers(1, 9),
    st.integers(1, 7),
)
def test_every_record_leaves_once_and_in_order(times: dict[str, list[int]], count_max: int, fetch_size: int) -> None:
    """However the records are fetched and cut into chunks: none is lost, none comes twice, sorted topics come out sorted."""
    merge = Merge(3, TOPICS)
    for name, timestamps in times.items():
        records = [Record(name.encode(), b"", offset, timestamp) for offset, timestamp in enumerate(sorted(timestamps))]
        for start in range(0, len(records), fetch_size):
            merge.lanes[name].add(records[start : start + fetch_size])
    seen: list[tuple[int, int, int]] = []
    while (chunk := merge.take(nothing_more, 0, count_max)) is not None:
        assert 0 < chunk.count <= count_max
        assert chunk.count == sum(len(records) for _, records in chunk.runs)
        for topic, run in chunk.runs:
            assert chunk.next_offsets[next(name for name in TOPICS if TOPICS[name] is topic)] > run[-1].offset
            seen += [(record.timestamp, topic.code, record.offset) for record in run]
    codes = {name: topic.code for name, topic in TOPICS.items()}
    expected = [(at, codes[name], offset) for name, timestamps in times.items() for offset, at in enumerate(sorted(timestamps))]
    assert len(seen) == len(expected)
    registry_order = {code: place for place, code in enumerate(codes.values())}
    assert seen == sorted(expected, key=lambda entry: (entry[0], registry_order[entry[1]], entry[2]))
