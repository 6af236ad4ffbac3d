"""Laws that random steps seldom reach, or that the oracle cannot hold: replayed offsets, what moves the clock, late decay."""

from __future__ import annotations

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from tests.models.life import Life
from topics.alerts import decode_scores
from topics.limits import REMEMBERED_IDS_MAX
from topics.registry import PAGE_VIEWS

MODEL = """\
version: test
scores:
  interest: {}
rules:
  - {id: visit, when: page_view, points: 1}
  - {id: fresh, when: page_view, points: 10, expires_after: 1h}
"""
START_MS = 1_793_613_600_000  # 2026-11-02T10:00:00Z


def test_replayed_offsets_change_nothing() -> None:
    """More records than ids are remembered come a second time, and not one is scored again."""
    partition = Partition(Engine(read_model(MODEL).model), 0)
    number = REMEMBERED_IDS_MAX + 10
    records = [Record(b"lead-1", b'{"url": "/"}', offset, START_MS + offset) for offset in range(number)]
    partition.take(PAGE_VIEWS, records, None)
    partition.take(PAGE_VIEWS, records, None)
    partition.advance(START_MS + 2 * 3_600_000, None)
    ((_, scores),) = partition.publish()
    assert scores is not None
    assert decode_scores(scores).total == number
    assert (partition.counts.scored, partition.counts.replayed, partition.counts.duplicate) == (number, number, 0)


def test_duplicate_does_not_move_the_clock() -> None:
    """An event that comes again with a later time makes nothing expire; an earlier one that follows is not late."""
    life = Life.under_text(MODEL)
    life.view("2026-11-02 10:00", "/", event_id="e1")
    life.view("2026-11-02 12:00", "/", event_id="e1")
    assert life.total == 11
    life.view("2026-11-02 10:30", "/", event_id="e2")
    assert life.total == 22


def test_machine_moves_the_clock_and_earns_nothing() -> None:
    """A machine's event is accepted: what ends by then has ended, and that is all."""
    life = Life.under_text(MODEL)
    life.view("2026-11-02 10:00", "/")
    life.view("2026-11-02 11:00", "/", human=False)
    assert life.points == {"visit": 1}


def test_reject_does_not_move_the_clock() -> None:
    """A record that is rejected makes nothing expire."""
    partition = Partition(Engine(read_model(MODEL).model), 0)
    values = (b'{"url": "/"}', b"{}", b"no JSON")
    partition.take(
        PAGE_VIEWS, [Record(b"lead-1", value, offset, START_MS + offset * 7_200_000) for offset, value in enumerate(values)], None
    )
    assert (partition.now_ms, partition.counts.rejected) == (START_MS, 2)


def test_late_event_has_decayed() -> None:
    """What comes late is worth what is left of it since it happened; what was there is worth what it was."""
    rule = "rules:\n  - {id: click, when: email_clicked, points: 4, half_life: 1d}\n"
    life = Life.under_text(f"version: test\nscores:\n  interest: {{}}\n{rule}")
    life("2026-11-03 10:00", "email-events", action="clicked")
    life("2026-11-03 10:00", "email-events", action="clicked", occurred_at="2026-11-02T10:00:00Z")
    assert life.total == 6


def test_window_ends_exactly_its_length_after_an_event() -> None:
    """Two events a whole hour apart are not two within an hour; a millisecond less and they are."""
    model = MODEL.replace("points: 10, expires_after: 1h", "count: {at_least: 2, within: 1h}, points: 10")
    for second, total in (("2026-11-02 11:00", 2), ("2026-11-02 10:59:59.999", 12)):
        life = Life.under_text(model)
        life.view("2026-11-02 10:00", "/")
        life.view(second, "/")
        assert life.total == total
