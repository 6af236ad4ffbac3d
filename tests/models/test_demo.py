"""`model.yaml`, the model of the demo: a decider's day, and the routing of others."""

from __future__ import annotations

from tests.models.life import Life


def test_a_decider_who_wants_to_know() -> None:
    """Prices, an answered mail, the quote and a call lead through all stages; a complaint leads back."""
    life = Life.under("model.yaml")
    assert life.profile("2026-11-02 09:00", job_title="CEO", city="Warsaw") == ["to-top-managers up: fit 0 → 105, do route-senior"]
    assert life.total == 105 / 5
    assert life.view("2026-11-02 10:00", "/pricing?plan=gold", visit_id="v1") == []
    assert life.activity("2026-11-02 10:05", "time_on_page", path="/pricing", seconds=75) == [
        "hot up: total 27 → 37, do call-task",
        "stage[interest] up: total 27 → 37",
    ]
    assert life.mail("2026-11-02 11:00", "replied") == ["mail-answered up: interest 16 → 26"]
    assert life.activity("2026-11-02 12:00", "quote_opened") == ["stage[conviction] up: total 47 → 67"]
    assert life.call("2026-11-02 13:00") == []
    assert life.points["quote-then-call"] == 10
    assert life.activity("2026-11-02 14:00", "form_submitted") == ["stage[decision] up: total 82 → 92"]
    assert life.until("2026-11-03 12:00") == []  # the call was in time, so there is no silence after the quote
    assert life.mail("2026-11-03 13:00", "complained") == ["stage[conviction] down: total 92 → 72"]
    assert life.scores == {"interest": 51, "fit": 105, "product": {}}


def test_quote_and_silence() -> None:
    """A day after the quote nobody has called: five points and word of it, to the millisecond."""
    life = Life.under("model.yaml")
    assert life.activity("2026-11-02 12:00", "quote_opened") == []
    assert life.until("2026-11-03 11:59:59.999") == []
    assert life.until("2026-11-03 12:00") == ["2026-11-03 12:00:00: quote-and-silence up: interest 20 → 25"]


def test_routing() -> None:
    """A student goes to HR, a competitor to nobody."""
    life = Life.under("model.yaml")
    assert life.profile("2026-11-02 09:00", job_title="Student of economics") == ["to-hr up: fit 0 → 10, do route-hr"]
    assert life.profile("2026-11-02 10:00", email="spy@RIVAL.example") == ["stage down: total 2 → -4"]
    assert (life.scores["fit"], life.total) == (-20, -4)
