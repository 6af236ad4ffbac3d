"""`models/mens-womens.yaml`: 50 points in men's things and 5 in women's, so men's offers are sent."""

from __future__ import annotations

from tests.models.life import Life


def test_the_leading_category_decides() -> None:
    """Men's 50 against women's 5 is one offer for men; ten men's pages open the club; a month later interest has halved."""
    life = Life.under("models/mens-womens.yaml")
    at = "2026-11-02 10:00"
    assert life(at, "purchases", order_id="o1", category="mens") == ["offer[mens] up: product[mens] 0 → 30, do send-offer"]
    assert life(at, "email-events", action="clicked", category="mens") == []
    assert life.view(at, "/m/1", category="mens") == []
    assert life.view(at, "/m/2", category="mens") == []
    assert life.view(at, "/w/1", category="womens") == []
    assert life.scores == {"interest": 3, "product": {"mens": 50, "womens": 5}}
    assert life.total == 3 + 50 / 10

    for page in range(3, 10):
        assert life.view(at, f"/m/{page}", category="mens") == []
    assert life.view(at, "/m/10", category="mens") == ["mens-club up: product[mens] 85 → 140, do invite"]

    # 11 views, of which 10 a day count. Bought 30 stays; 10 looks and a click, 60 together, have halved; ten of a kind was two weeks ago.
    assert life.until("2026-12-02 10:00") == []
    assert life.mail("2026-12-02 10:00", "opened") == []
    assert life.scores == {"interest": 10, "product": {"mens": 60, "womens": 2.5}}
    assert life.total == 16


def test_what_has_no_category() -> None:
    """A page without a category is a visit, and feeds no category."""
    life = Life.under("models/mens-womens.yaml")
    assert life.view("2026-11-02 10:00", "/about") == []
    assert life.scores == {"interest": 1, "product": {}}
