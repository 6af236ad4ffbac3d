"""How the demo looks: plain lines that say everything, and a live view that takes no text for markup."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from streamer.operate.standings import Standings
from streamer.operate.view import alert_line, lead_line, live_view, status_line
from streamer.words import headline, main_reasons
from tests.operate.test_standings import make_alert, make_scores
from topics.alerts import ReasonFor


def test_alert_in_one_line() -> None:
    """An alert's line says what, who, from where to where, why and what to do."""
    line = alert_line(make_alert())
    assert line[8:] == "  hot ↑  lead-1 (Anna [bold], Acme) · total 20 → 32.5 · because pricing +30 (3×), visit +2.5 · do call-task"


def test_headline_of_each_kind() -> None:
    """A stage is named by where the lead is now, a rule with its value, a threshold with its direction."""
    assert headline(make_alert(direction="down", id="cooled")) == "cooled ↓"
    assert headline(make_alert(kind="rule", id="choosing", value="fridges")) == "choosing (fridges) ↑"
    assert headline(make_alert(kind="stage", id="stage", value="decision")) == "stage → decision"
    assert headline(make_alert(kind="stage", id="stage", value=None)) == "stage → none"


@pytest.mark.parametrize(
    ("score", "words"),
    [
        ("total", "pricing +30 (3×), visit -2.5"),
        ("interest", "pricing +30 (3×), visit -2.5"),
        ("product[mens]", "looked mens +50 (10×)"),
        ("product[womens]", ""),
    ],
)
def test_reasons_are_those_of_the_score(score: str, words: str) -> None:
    """The reasons shown are of the alert's own score, the weightiest first; the total leaves scores by category out."""
    reasons = [
        ReasonFor(rule="visit", score="interest", points=-2.5, times=1),
        ReasonFor(rule="pricing", score="interest", points=30, times=3),
        ReasonFor(rule="looked", score="product", points=50, times=10, value="mens"),
    ]
    assert main_reasons(reasons, {"interest": 27.5, "product": {"mens": 50}}, score) == words


def test_lead_in_one_line() -> None:
    """A lead's line has its total, who it is, its stage and why."""
    assert lead_line(make_scores("lead-7", 12)) == "      12  lead-7 · warm · visit +12 (2×)"


def test_live_view_shows_leads_alerts_and_pace() -> None:
    """The live view has the hottest leads, the newest alerts and the status line; brackets in a name are just text."""
    standings = Standings(0.0)
    empty = io.StringIO()
    Console(file=empty, width=160).print(live_view(standings, 1.0, "http://127.0.0.1:8080"))
    assert "the worker is starting" in empty.getvalue()
    standings.scored(make_scores("lead-7", 12), 1.0)
    standings.alerted(make_alert(), 1.0)
    shown = io.StringIO()
    Console(file=shown, width=160).print(live_view(standings, 1.0, "http://127.0.0.1:8080"))
    for words in ("lead-7", "hot ↑", "Anna [bold]", "1 alerts", status_line(standings, 1.0)):
        assert words in shown.getvalue()
