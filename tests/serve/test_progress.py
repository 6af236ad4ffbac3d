"""How far the view is, and how stale it is said to be."""

from __future__ import annotations

from streamer.serve.progress import Progress
from streamer.stream.reader import Place

SCORES, ALERTS = Place("lead-scores", 0), Place("lead-alerts", 0)


def test_it_is_complete_when_all_that_was_there_is_in() -> None:
    """Until the ends of the beginning are reached it is not complete, and says how many records are done of how many."""
    progress = Progress(1_000, {SCORES: 10, ALERTS: 0}, {SCORES: 110, ALERTS: 20})
    progress.see(2_000, {SCORES: 60, ALERTS: 0}, {SCORES: 120, ALERTS: 20})
    assert told(progress) == (None, 50, 120)
    assert not progress.has_begun_with("lead-scores")
    progress.see(3_000, {SCORES: 110, ALERTS: 0}, {SCORES: 120, ALERTS: 20})
    assert progress.has_begun_with("lead-scores") and not progress.has_begun_with("lead-alerts")
    assert told(progress) == (None, 100, 120)
    progress.see(4_000, {SCORES: 130, ALERTS: 20}, {SCORES: 130, ALERTS: 20})
    assert told(progress) == (4_000, 120, 120)


def told(progress: Progress) -> tuple[int | None, int, int]:
    """What is said of it."""
    return progress.complete_ms, progress.done, progress.of


def test_steady_traffic_does_not_make_it_stale() -> None:
    """With records coming all the time, so that no end is ever reached, it is as stale as it lags behind, and no more."""
    progress = Progress(0, {SCORES: 0}, {SCORES: 0})
    for second in range(1, 100):
        # 100 records a second, the view always half a second behind.
        progress.see(second * 1_000, {SCORES: second * 100 - 50}, {SCORES: second * 100})
        assert progress.complete_ms is not None
        assert second * 1_000 - progress.complete_ms <= 1_000


def test_a_view_that_falls_behind_is_said_to_be_stale() -> None:
    """When nothing more is read the last moment of completeness stays, whatever comes to the topics."""
    progress = Progress(0, {SCORES: 0}, {SCORES: 0})
    progress.see(1_000, {SCORES: 5}, {SCORES: 5})
    for second in range(2, 10):
        progress.see(second * 1_000, {SCORES: 5}, {SCORES: 5 + second})
        assert progress.complete_ms == 1_000
