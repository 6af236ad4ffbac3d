"""`models/ideaflowbox-stages.yaml`: awareness, interest, conviction and decision on a scale of 0 to 100."""

from __future__ import annotations

from tests.models.life import Life

MODEL = "models/ideaflowbox-stages.yaml"


def test_a_day_down_the_funnel() -> None:
    """Browsing, the newsletter, the price list and the e-book make a call; newsletter and webinar an offer; who it is decides."""
    life = Life.under(MODEL)
    assert life.view("2026-11-02 09:00", "/product/x", channel="social", visit_id="v1") == []
    assert life.activity("2026-11-02 09:05", "time_on_page", path="/product/x", seconds=130) == []
    assert life.activity("2026-11-02 09:10", "newsletter") == []
    assert life.points == {"time-on-product-page": 10, "product": 2, "subscriber": 5, "from-social-media": 2}
    assert life.view("2026-11-02 10:00", "/price-list") == ["price-list up: activity 19 → 29"]
    assert life.activity("2026-11-02 11:00", "e-book") == [
        "e-book up: activity 29 → 69",
        "call up: total 29 → 69, do call-task",
        "stage[conviction] up: total 29 → 69",
    ]
    assert life("2026-11-02 12:00", "webinars", action="registered", webinar_id="w1") == []
    assert life("2026-11-02 18:00", "webinars", action="attended", webinar_id="w1") == ["newsletter-and-webinar up: activity 74 → 84"]
    assert life.profile("2026-11-02 19:00", industry="Marketing", employees=60, country="Poland", income=6000) == [
        "stage[decision] up: total 84 → 100"
    ]
    assert life.scores == {"activity": 84, "person": 30}


def test_e_book_and_time_on_page() -> None:
    """The e-book is 40 of 100 and counts once; two minutes on the product's page are 10 more, 50 together."""
    life = Life.under(MODEL)
    assert life.activity("2026-11-02 09:00", "e-book") == ["e-book up: activity 0 → 40", "stage[interest] up: total 0 → 40"]
    assert life.activity("2026-11-02 09:30", "e-book") == []
    assert life.activity("2026-11-02 10:00", "time_on_page", path="/product/x", seconds=119) == []
    assert life.total == 40
    assert life.activity("2026-11-02 10:05", "time_on_page", path="/product/x", seconds=120) == []
    assert life.total == 50


def test_clicks_fade() -> None:
    """A click is worth 3, and half of it thirty days later."""
    life = Life.under(MODEL)
    assert life.mail("2026-11-02 09:00", "clicked") == []
    assert life.total == 3
    assert life.mail("2026-12-02 09:00", "opened") == []
    assert life.total == 1.5
