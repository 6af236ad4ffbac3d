"""`models/online-school.yaml`: who is ready to buy, and who only wants free lessons."""

from __future__ import annotations

from tests.models.life import Life

MODEL = "models/online-school.yaml"


def test_an_evening_with_a_webinar() -> None:
    """Who stays to the offer and looks at the prices is called; bought, and bought again, is the most there is."""
    life = Life.under(MODEL)
    assert life("2026-11-02 19:00", "webinars", action="attended", webinar_id="w1") == []
    assert life("2026-11-02 20:00", "webinars", action="watched", webinar_id="w1", percent=79.5) == []
    assert life("2026-11-02 20:10", "webinars", action="watched", webinar_id="w1", percent=80) == [
        "webinar-to-the-offer up: interest 5 → 20"
    ]
    assert life.view("2026-11-02 20:30", "/prices") == [
        "webinar-then-prices up: interest 20 → 45",
        "ready-to-buy up: total 20 → 45, do call-task",
    ]
    assert life("2026-11-02 21:00", "purchases", order_id="o0", amount=0) == []
    assert life.total == 45
    assert life("2026-11-02 21:05", "purchases", order_id="o1", amount=100) == []
    assert life.total == 75
    assert life("2026-11-03 10:00", "purchases", order_id="o2", amount=100) == []
    assert (life.total, sum(life.points.values())) == (100, 135)


def test_a_collector_of_free_things() -> None:
    """Five free lessons are worth less than nothing, and lead to the free mailing."""
    life = Life.under(MODEL)
    for page in range(6):
        assert life.view("2026-11-02 09:00", f"/courses/{page}") == []
    assert life.total == 15  # the sixth is over the week's limit
    for _ in range(3):
        assert life.activity("2026-11-02 10:00", "free_lesson") == []
    assert life.activity("2026-11-02 10:00", "e-book") == []
    assert life.activity("2026-11-02 10:00", "free_lesson") == ["free-only up: freebie 15 → 40, do move-to-free-mailing"]
    assert life("2026-11-02 10:00", "webinars", action="left", webinar_id="w1", percent=19) == []
    assert life.scores == {"interest": 15, "freebie": 45}
    assert life.total == -30


def test_webinar_and_prices_three_days_apart() -> None:
    """Prices seen less than three days after the webinar are a sequence, exactly three days after they are not."""
    for when, together in (("2026-11-05 18:59:59.999", 30), ("2026-11-05 19:00", 15)):
        life = Life.under(MODEL)
        life("2026-11-02 19:00", "webinars", action="attended", webinar_id="w1")
        life.view(when, "/prices")
        assert life.total == together
