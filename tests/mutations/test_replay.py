"""A replay of offsets: the one law that the oracle cannot hold, since it knows no offsets."""

from __future__ import annotations

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from topics.alerts import decode_scores
from topics.limits import REMEMBERED_IDS_MAX
from topics.registry import PAGE_VIEWS

MODEL = "version: test\nscores:\n  interest: {}\nrules:\n  - {id: visit, when: page_view, points: 1}\n"


def test_replayed_offsets_change_nothing() -> None:
    """More records than ids are remembered come a second time, and not one is scored again."""
    partition = Partition(Engine(read_model(MODEL).model), 0)
    number = REMEMBERED_IDS_MAX + 10
    records = [Record(b"lead-1", b'{"url": "/"}', offset, 1_767_225_600_000 + offset) for offset in range(number)]
    partition.take(PAGE_VIEWS, records, None)
    partition.take(PAGE_VIEWS, records, None)
    ((_, scores),) = partition.publish()
    assert scores is not None
    assert decode_scores(scores).total == number
    assert (partition.counts.scored, partition.counts.replayed, partition.counts.duplicate) == (number, number, 0)
