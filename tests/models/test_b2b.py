"""`models/b2b.yaml`: are the contacts filled in, can this person decide, how thoroughly was the quote studied?"""

from __future__ import annotations

from tests.models.life import Life

MODEL = "models/b2b.yaml"
BUYER = {"phone": "+48 500", "email": "anna@globex.example", "company": "Globex", "employees": 80, "budget": 20_000}


def test_from_the_contact_to_the_call() -> None:
    """A decider studies the quote and is called; nobody speaks for two days, then somebody does; a month of silence cools."""
    life = Life.under(MODEL)
    assert life.profile("2026-11-02 10:00", job_title="Head of Purchasing", **BUYER) == []
    assert life.points == {"phone": 5, "company": 5, "decides": 30, "budget": 20, "many-employees": 10, "silent": -10}
    assert life.total == 0 + 70 / 2  # interest does not go below 0
    assert life.activity("2026-11-02 11:00", "quote_opened") == [
        "sales-lead up: total 35 → 45, do call-task",
        "stage[qualified] up: total 35 → 45",
    ]
    assert life.activity("2026-11-02 11:30", "quote_read", seconds=59) == []
    assert life.activity("2026-11-02 11:40", "quote_read", seconds=60) == []
    assert life.view("2026-11-02 12:00", "/price-list/2026") == []
    assert life.scores == {"interest": 30, "fit": 70}
    assert life.until("2026-11-04 11:00") == ["2026-11-04 11:00:00: quote-and-silence up: interest 30 → 30"]
    assert life.call("2026-11-04 12:00", seconds=120) == ["quote-then-call up: interest 30 → 55", "stage[ready] up: total 65 → 90"]
    # 30 days later the call is worth 2.5, and that nothing has happened since costs 10
    assert life.until("2026-12-04 11:59:59.999") == []
    assert life.until("2026-12-04 12:00") == ["2026-12-04 12:00:00: stage[qualified] down: total 87.5 → 77.5"]


def test_who_cannot_buy() -> None:
    """A private mail and no budget pull the total below every stage."""
    life = Life.under(MODEL)
    assert life.profile("2026-11-02 10:00", email="anna@gmail.com", budget=999) == ["stage down: total 0 → -12.5"]
    assert life.scores == {"interest": 0, "fit": -25}


def test_called_or_wrote_three_times() -> None:
    """The third call or message of the lead is worth 15."""
    life = Life.under(MODEL)
    assert life.call("2026-11-02 10:00", "inbound", "missed") == []
    assert life("2026-11-02 10:10", "messages", medium="mail") == []
    assert life("2026-11-02 10:20", "messages", medium="mail") == ["reached-out up: interest 0 → 15"]
