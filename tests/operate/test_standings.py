"""What the demo has seen: repeats are dropped, the hottest come first, delays are those of a running worker."""

from __future__ import annotations

from streamer.operate.standings import Delay, Standings
from topics.alerts import Alert, LeadScores, ReasonFor, Reference


def make_alert(number: int = 1, event_id: str | None = None, **changes: object) -> Alert:
    """An alert of the threshold `hot`."""
    trigger = None if event_id is None else Reference(topic="page-views", partition=0, offset=number, event_id=event_id)
    fields: dict[str, object] = {
        "alert_id": f"{number:032x}",
        "kind": "threshold",
        "id": "hot",
        "direction": "up",
        "lead_id": "lead-1",
        "score": "total",
        "before": 20,
        "after": 32.5,
        "at": 30,
        "scores": {"interest": 32.5, "product": {"mens": 50}},
        "total": 32.5,
        "stage": None,
        "occurred_at": "2026-01-01T10:00:00.000Z",
        "decided_at": "2026-01-01T10:00:00.000Z",
        "model_version": "test",
        "action": "call-task",
        "value": None,
        "trigger": trigger,
        "reasons": [
            ReasonFor(rule="visit", score="interest", points=2.5, times=1),
            ReasonFor(rule="pricing", score="interest", points=30, times=3),
            ReasonFor(rule="looked", score="product", points=50, times=10, value="mens"),
        ],
        "profile": {"name": "Anna [bold]", "company": "Acme"},
    }
    return Alert(**(fields | changes))  # type: ignore[arg-type] # the fields are named as Alert names them


def make_scores(lead_id: str, total: float, events: int = 1) -> LeadScores:
    """The scores of a lead, with this total."""
    return LeadScores(
        lead_id=lead_id,
        total=total,
        scores={"interest": total},
        stage="warm",
        updated_at="2026-01-01T10:00:00.000Z",
        first_seen_at="2026-01-01T10:00:00.000Z",
        last_event_at=None,
        events=events,
        reasons=[ReasonFor(rule="visit", score="interest", points=total, times=2)],
        profile={},
        model_version="test",
        alerts=0,
    )


def test_repeated_alert_is_dropped() -> None:
    """An alert that comes again with the same id is not counted and not shown again."""
    standings = Standings(0.0)
    assert standings.alerted(make_alert(1), 1.0)
    assert not standings.alerted(make_alert(1), 2.0)
    assert standings.alerted(make_alert(2), 3.0)
    assert (standings.alerts, [alert.alert_id[-1] for alert in standings.newest]) == (2, ["2", "1"])
    assert standings.first_alert_s == 1.0


def test_hottest_first_and_of_equals_who_did_more() -> None:
    """Leads are ordered by their newest total; an erased lead is gone."""
    standings = Standings(0.0)
    for scores in (make_scores("a", 5), make_scores("b", 7, 1), make_scores("c", 7, 9), make_scores("a", 6), make_scores("d", 99)):
        standings.scored(scores, 1.0)
    standings.erased("d")
    assert [(lead.lead_id, lead.total) for lead in standings.hottest(3)] == [("c", 7), ("b", 7), ("a", 6)]
    assert standings.leads == 3


def test_delay_counts_what_was_published_to_a_running_worker() -> None:
    """Events published before the worker showed life are not counted; of the others the percentiles are taken."""
    standings = Standings(0.0)
    standings.published("early", 1.0)
    standings.alerted(make_alert(0, "early"), 5.0)
    assert standings.delay() is None
    for number in range(1, 101):
        standings.published(f"event-{number}", 10.0)
        standings.alerted(make_alert(number, f"event-{number}"), 10.0 + number / 1000)
    standings.alerted(make_alert(999, None), 20.0)
    delay = standings.delay()
    assert isinstance(delay, Delay)
    assert (round(delay.p50_ms), round(delay.p99_ms)) == (51, 100)


def test_rate_is_that_of_the_last_seconds() -> None:
    """The rate follows the publishing: what was long ago does not count."""
    standings = Standings(0.0)
    assert standings.events_a_second(0.0) == 0
    for second in range(1, 21):
        for number in range(10 if second <= 10 else 20):
            standings.published(f"{second}-{number}", float(second))
        rate = standings.events_a_second(float(second))
    assert rate == 20


def test_profiles_are_no_events() -> None:
    """A record without an event id is not counted as an event."""
    standings = Standings(0.0)
    standings.published(None, 1.0)
    assert standings.events == 0
