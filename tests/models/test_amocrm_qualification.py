"""`models/amocrm-qualification.yaml`: the criteria of the amoCRM articles, point for point."""

from __future__ import annotations

from tests.models.life import Life

MODEL = "models/amocrm-qualification.yaml"
CORPORATE = {"email": "anna@globex.example", "company": "Globex", "job_title": "Buyer"}


def test_a_day_from_first_form_to_sales_and_back() -> None:
    """Phone 1, corporate mail 1, company and title 2, budget 3, spec 1, off-profile -5: with 7 a lead goes to sales."""
    life = Life.under(MODEL)
    assert life.profile("2026-11-02 09:00", phone="+7 900 000", email="anna@gmail.com") == []
    assert life.points == {"phone": 1, "mail": 1, "free-mail": -1}
    assert life.profile("2026-11-02 10:00", phone="+7 900 000", **CORPORATE) == []
    assert life.points == {"phone": 1, "mail": 1, "company-and-job": 2}
    assert life.profile("2026-11-02 11:00", phone="+7 900 000", **CORPORATE, budget_agreed=True) == [
        "qualified up: total 4 → 7, do hand-to-sales",
        "stage[sales] up: total 4 → 7",
    ]
    assert life.profile("2026-11-02 12:00", phone="+7 900 000", **CORPORATE, budget_agreed=True, spec="https://x.example/spec") == []
    assert life.total == 8
    assert life.profile("2026-11-02 15:00", phone="+7 900 000", **CORPORATE, budget_agreed=True, spec=True, off_profile=True) == [
        "back-to-marketing down: total 8 → 3, do grow",
        "stage[marketing] down: total 8 → 3",
    ]
    assert life.scores == {"card": 3, "growth": 0}


def test_more_than_six() -> None:
    """Six points are a lead for marketing, which half a point of growing makes one for sales, until that has expired."""
    life = Life.under(MODEL)
    assert life.profile("2026-11-02 09:00", **CORPORATE, budget_agreed=True) == []
    assert (life.total, life.state.stage) == (6, "marketing")
    assert life.mail("2026-11-02 10:00", "clicked") == ["qualified up: total 6 → 6.5, do hand-to-sales", "stage[sales] up: total 6 → 6.5"]
    assert life.mail("2026-11-02 11:00", "clicked") == []  # the same mail
    assert life.until("2027-01-01 09:59:59.999") == []
    assert life.until("2027-01-01 10:00") == ["2027-01-01 10:00:00: stage[marketing] down: total 6.5 → 6"]


def test_growing() -> None:
    """A webinar and an answered call are worth a point each, the call half of it a month later."""
    life = Life.under(MODEL)
    assert life("2026-11-02 10:00", "webinars", action="attended", webinar_id="w1") == []
    assert life("2026-11-02 10:30", "webinars", action="attended", webinar_id="w1") == []
    assert life.call("2026-11-02 12:00") == []
    assert life.scores == {"card": 0, "growth": 2}
    assert life.call("2026-12-02 12:00", outcome="missed") == []
    assert life.points == {"webinar": 1, "call-answered": 0.5}


def test_formula() -> None:
    """100 000 of budget add one point, at most two are added, words add nothing; each option of the brief has its points."""
    for budget, more in ((50_000, 0.5), (100_000, 1), (500_000, 2), ("much", 0)):
        life = Life.under(MODEL)
        life.profile("2026-11-02 09:00", budget=budget, brief="full")
        assert life.total == 2 + more
    life.profile("2026-11-02 10:00", brief="short")
    assert life.total == 1
