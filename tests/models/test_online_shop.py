"""`models/online-shop.yaml`: who visits regularly, is choosing one kind of product, and reads the mailings."""

from __future__ import annotations

from tests.models.life import Life

MODEL = "models/online-shop.yaml"


def test_ten_washing_machines() -> None:
    """Ten washing machines are a choice, a fridge beside them changes nothing; two weeks later the choice is over."""
    life = Life.under(MODEL)
    at = "2026-11-02 10:00"
    alerts = [life.view(at, f"/catalog/wm/{number}", category="washing-machines", visit_id="v1") for number in range(1, 10)]
    assert alerts.pop(6) == ["leading-category[washing-machines] up: product[washing-machines] 18 → 21, do send-offer"]
    assert alerts == [[]] * 8
    assert life.view(at, "/catalog/fridges/1", category="fridges", visit_id="v1") == []
    assert life.view(at, "/catalog/wm/9", category="washing-machines", visit_id="v1") == []  # the ninth once more
    assert life.view(at, "/catalog/wm/10", category="washing-machines", visit_id="v1") == ["choosing[washing-machines] up: product 30 → 83"]
    assert life.scores == {"interest": 2, "product": {"washing-machines": 83, "fridges": 3}}
    assert life.until("2026-11-16 09:59:59.999") == []
    assert life.scores["product"] == {"washing-machines": 83, "fridges": 3}
    assert life.until("2026-11-16 10:00") == []
    assert life.scores["product"] == {"washing-machines": 33, "fridges": 3}
    assert life.until("2026-12-02 10:00") == []
    assert life.scores["product"] == {}


def test_five_visits_in_two_days() -> None:
    """The fifth visit within two days makes the lead hot; when the first of them is two days old the ten points go."""
    life = Life.under(MODEL)
    visits = ("2026-11-02 10:00", "2026-11-02 14:00", "2026-11-02 20:00", "2026-11-03 10:00")
    for number, when in enumerate(visits):
        assert life.view(when, "/", visit_id=f"v{number}") == []
        assert life.view(when, "/about", visit_id=f"v{number}") == []  # another page of the same visit
    # a visit is worth 2 and halves in thirty days; each but the first is worth 5 more, up to 20 a week
    visited = sum(2 * 2 ** (-hours / (30 * 24)) for hours in (34, 30, 24, 10))
    before, after = 15 + visited, 15 + visited + 2 + 5 + 10
    assert life.view("2026-11-03 20:00", "/", visit_id="v4") == [
        f"five-in-two-days up: interest {before:g} → {after:g}",
        f"hot up: interest {before:g} → {after:g}, do call-task",
    ]
    assert life.until("2026-11-04 09:59:59.999") == []
    assert life.points["five-in-two-days"] == 10
    assert life.until("2026-11-04 10:00") == []
    assert "five-in-two-days" not in life.points


def test_called_or_wrote_three_times() -> None:
    """Three calls or messages of the lead count, a call of the manager does not; and the capital comes first."""
    life = Life.under(MODEL)
    assert life.profile("2026-11-02 09:00", city="WARSAW") == []
    assert life.call("2026-11-02 10:00", "inbound", "missed") == []
    assert life("2026-11-02 10:10", "messages", medium="chat") == []
    assert life.call("2026-11-02 10:20", "outbound", "answered") == []
    assert life("2026-11-02 11:00", "messages", medium="sms") == ["reached-out up: interest 5 → 20"]


def test_a_cart_that_is_left() -> None:
    """Two hours after a cart was filled and nothing bought somebody hears of it; a large order makes the lead hot."""
    life = Life.under(MODEL)
    assert life.activity("2026-11-02 10:00", "cart_filled") == []
    assert life.until("2026-11-02 11:59:59.999") == []
    assert life.until("2026-11-02 12:00") == ["2026-11-02 12:00:00: cart-left up: interest 15 → 15"]
    assert life("2026-11-02 13:00", "purchases", order_id="o1", amount=1000) == ["hot up: interest 15 → 45, do call-task"]
    assert life("2026-11-02 13:00", "purchases", order_id="o2", amount=10) == []
    assert life.points == {"cart": 15, "bought": 40, "big-order": 10, "bought-again": 30}


def test_mailings() -> None:
    """Three mails opened are a reader; a mail opened twice counts once; who unsubscribes has had enough."""
    life = Life.under(MODEL)
    for message in ("m1", "m1", "m2", "m3"):
        assert life.mail("2026-11-02 10:00", "opened", message) == []
    assert life.points == {"mail-opened": 6, "reads-mailings": 10}
    assert life.mail("2026-11-02 11:00", "unsubscribed") == ["cooled down: interest 16 → 0, do win-back-mailing"]
