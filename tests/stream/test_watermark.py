"""The watermark of one partition number: looks in, the time up to which all is scored out."""

from __future__ import annotations

from streamer.score.records import Record
from streamer.stream.chunk import Chunk
from streamer.stream.fetched import Fetched
from streamer.stream.merge import Merge
from streamer.stream.watermark import Watermark
from topics.registry import CALLS, PAGE_VIEWS


class Reading:
    """A partition number with two topics; what is fetched is said by the test."""

    def __init__(self) -> None:
        self.merge = Merge(0, {"a": PAGE_VIEWS, "b": CALLS})
        self.known: dict[str, Fetched | None] = {"a": None, "b": None}
        self.watermark = Watermark()

    def look(self, last: Chunk | None = None, **known: Fetched) -> int:
        """A look after the broker said this; the watermark."""
        self.known.update(known)
        self.watermark.look(self.merge, lambda topic: self.known[topic], last)
        return self.watermark.at_ms()


def chunk(scored: bool) -> Chunk:
    """A chunk of topic a."""
    return Chunk(0, (), 1, {"a": 1}, scored=scored)


def test_nothing_is_known_until_the_broker_said_every_end() -> None:
    """One topic of which nothing is known may hold a backlog."""
    reading = Reading()
    assert reading.look(a=Fetched(5, 5, 100)) == 0
    assert reading.look(b=Fetched(0, 0, 120)) == 100


def test_the_oldest_word_of_the_broker_counts() -> None:
    """All topics are read up to the earliest of the times at which their ends were said."""
    assert Reading().look(a=Fetched(5, 5, 300), b=Fetched(0, 0, 120)) == 120


def test_a_backlog_holds_the_watermark_back() -> None:
    """What the broker has and is not fetched, or is fetched and waits here, is not scored."""
    reading = Reading()
    assert reading.look(a=Fetched(5, 50, 100), b=Fetched(0, 0, 100)) == 0
    reading.merge.lanes["a"].add([Record(b"k", b"", offset, 0) for offset in range(5, 50)])
    assert reading.look(a=Fetched(50, 50, 200), b=Fetched(0, 0, 200)) == 0
    reading.merge.lanes["a"].fetches.clear()
    assert reading.look() == 100
    assert reading.look() == 200


def test_records_that_always_come_do_not_hold_it_back() -> None:
    """Where no moment finds everything read, the ends that were marked are passed nevertheless."""
    reading = Reading()
    seen = []
    for step in range(1, 6):
        at = 10 * step
        reading.merge.lanes["a"].fetches.clear()
        reading.merge.lanes["a"].add([Record(b"k", b"", offset, 0) for offset in range(at, at + 10)])
        seen.append(reading.look(a=Fetched(at + 10, at + 15, at), b=Fetched(0, 0, at)))
    assert seen == [0, 0, 10, 10, 30]


def test_what_is_handed_out_must_be_scored() -> None:
    """A chunk on its way to the agent is not scored yet."""
    reading = Reading()
    last = chunk(scored=False)
    assert reading.look(last, a=Fetched(5, 5, 100), b=Fetched(0, 0, 100)) == 0
    last.mark_scored()
    assert reading.watermark.at_ms() == 100


def test_a_slow_scorer_keeps_the_watermark_it_had() -> None:
    """The watermark never goes back while newer chunks are on their way."""
    reading = Reading()
    assert reading.look(a=Fetched(5, 5, 100), b=Fetched(0, 0, 100)) == 100
    slow = chunk(scored=False)
    assert reading.look(slow, a=Fetched(6, 6, 200), b=Fetched(0, 0, 200)) == 100
    assert reading.look(chunk(scored=False), a=Fetched(7, 7, 300), b=Fetched(0, 0, 300)) == 100
    slow.mark_scored()
    assert reading.watermark.at_ms() == 200
