"""For each condition of `docs/conditions.md`: what happens to a lead, and its total (or the points of each rule) and alerts after it."""

from __future__ import annotations

from typing import Any, NamedTuple

from topics.alerts import Number

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Happening(NamedTuple):
    """A record, or with no topic a wait; the clock stands still but for waits."""

    topic: str
    fields: dict[str, Any]
    wait_ms: int = 0


class Step(NamedTuple):
    """What happens, what the total or the points of the rules are then, and the alerts it causes."""

    happening: Happening
    gives: Number | dict[str, Number]
    alerts: tuple[str, ...] = ()


def view(path: str, **fields: Any) -> Happening:
    """A page view."""
    return Happening("page-views", {"url": f"https://x.example{path}", **fields})


def did(name: str, **properties: Any) -> Happening:
    """An activity."""
    return Happening("activities", {"name": name, "properties": properties})


def mail(action: str, **fields: Any) -> Happening:
    """An event of a mail."""
    return Happening("email-events", {"action": action, **fields})


def webinar(action: str, webinar_id: str = "w1", **fields: Any) -> Happening:
    """An event of a webinar."""
    return Happening("webinars", {"action": action, "webinar_id": webinar_id, **fields})


def call(direction: str = "inbound", outcome: str = "answered") -> Happening:
    """A call."""
    return Happening("calls", {"direction": direction, "outcome": outcome})


def card(**fields: Any) -> Happening:
    """The lead's profile."""
    return Happening("lead-profiles", fields)


def wait(wait_ms: int) -> Happening:
    """Time goes by."""
    return Happening("", {}, wait_ms)


def step(happening: Happening, gives: Number | dict[str, Number], *alerts: str) -> Step:
    """One step."""
    return Step(happening, gives, alerts)


def buy(order_id: str) -> Happening:
    """A purchase."""
    return Happening("purchases", {"order_id": order_id})


WROTE = Happening("messages", {"medium": "chat"})
VISITS = [view("/", visit_id=f"v{number}") for number in range(6)]

TIMEDIGITAL: dict[str, list[Step]] = {
    "visit": [step(view("/"), 1), step(view("/about"), 2)],
    "came-again": [step(VISITS[0], 0), step(VISITS[0], 0), step(VISITS[1], 5), step(VISITS[2], 10)],
    "particular-page": [step(view("/about"), 0), step(view("/pricing?plan=gold"), 5)],
    "more-than-six-times": [*[step(view("/catalog/x"), 0)] * 6, step(view("/catalog/y"), 0), step(view("/catalog/x"), 10)],
    "category-of-pages": [step(view("/about"), 0), step(view("/catalog/a"), 2), step(view("/b", category="washing-machines"), 5)],
    "mail-opened": [step(mail("opened", message_id="m1"), 2), step(mail("opened", message_id="m1"), 2)],
    "mail-clicked": [step(mail("opened"), 0), step(mail("clicked"), 3)],
    "quote-opened": [step(did("quote_sent"), 0), step(did("quote_opened"), 20)],
    "call-answered": [step(call("outbound", "missed"), 0), step(call("outbound", "answered"), 5)],
    "webinar-attended": [step(webinar("registered"), 0), step(webinar("attended"), 10), step(webinar("attended", "w2"), 20)],
    "webinar-watched": [
        step(webinar("watched", percent=49.9), 0),
        step(webinar("watched", percent=50), 10),
        step(webinar("watched", stage="offer"), 15),
        step(webinar("watched", percent=90, stage="offer"), 15),
    ],
    "bought": [step(buy("o1"), 20)],
    "bought-again": [step(buy("o1"), 0), step(buy("o2"), 30), step(buy("o3"), 30)],
}

BEHAVIOUR: dict[str, list[Step]] = {
    "five-visits-in-two-days": [
        step(VISITS[0], 0),
        step(wait(1), 0),
        *[step(visit, 0) for visit in VISITS[1:4]],
        step(wait(2 * DAY_MS - 2), 0),
        step(VISITS[4], 10),
        step(wait(1), 0),
        step(VISITS[5], 10),
    ],
    "ten-washing-machines": [
        *[step(view(f"/wm/{number}", category="washing-machines"), 0) for number in range(9)],
        step(view("/f/1", category="fridges"), {}),
        step(
            view("/wm/9", category="washing-machines"),
            {"choosing[washing-machines]": 50},
            "choosing[washing-machines] up: product 0 → 50",
        ),
        step(wait(14 * DAY_MS), {}),
    ],
    "called-or-wrote-three-times": [step(call(), 0), step(WROTE, 0), step(call("outbound"), 0), step(WROTE, 15)],
    "category-scores": [
        step(view("/w", category="womens"), {"looked[womens]": 5}),
        *[step(view("/m", category="mens"), {"looked[mens]": 5 * number, "looked[womens]": 5}) for number in range(1, 5)],
        step(
            view("/m", category="mens"), {"looked[mens]": 25, "looked[womens]": 5}, "offer[mens] up: product[mens] 20 → 25, do send-offer"
        ),
        *[step(view("/m", category="mens"), {"looked[mens]": 5 * number, "looked[womens]": 5}) for number in range(6, 11)],
    ],
    "thirty-points": [step(did("quote_opened"), 20), step(did("quote_opened"), 40, "hot up: total 20 → 40, do call-task")],
    "instant-notification": [
        step(mail("clicked", link="https://x.example/blog"), 0),
        step(mail("clicked", link="https://x.example/demo?m=1"), 3, "wants-demo up: interest 0 → 3"),
    ],
    "visits-regularly": [
        step(VISITS[0], 0),
        *[step(VISITS[number], min(5 * number, 10)) for number in range(1, 5)],
        step(wait(7 * DAY_MS), 10),
        step(VISITS[5], 15),
    ],
    "reads-mailings": [step(mail("opened", message_id=name), points) for name, points in (("m1", 0), ("m2", 0), ("m2", 0), ("m3", 10))],
    "only-free-content": [*[step(did("free_lesson"), 0)] * 2, step(did("free_lesson"), -10), step(buy("o1"), 20)],
    "quote-studied": [step(did("quote_read", seconds=number), points) for number, points in ((59, 0), (60, 15), (600, 30), (60, 30))],
    "quote-and-silence": [
        step(did("quote_opened"), 0),
        step(wait(DAY_MS - 1), 0),
        step(wait(1), 5, "2026-11-03 10:00:00: silence up: interest 0 → 5"),
        step(call(), 0),
    ],
    "quote-then-call": [step(call(), 0), step(wait(1), 0), step(did("quote_opened"), 0), step(wait(30 * DAY_MS - 1), 0), step(call(), 10)],
    "channel": [step(view("/", channel="seo", visit_id="v1"), 0), step(view("/", channel="ads", visit_id="v2"), -1)],
    "fading": [
        step(mail("clicked"), 8),
        step(mail("opened"), 10),
        step(wait(14 * DAY_MS), {"fading": 8, "gone": 2}),  # decay alone publishes nothing
        step(mail("sent"), 6),
        step(wait(16 * DAY_MS - 1), 6),
        step(wait(1), {"fading": round(8 * 2 ** (-30 / 14), 6)}),
    ],
    "cooled": [step(view("/"), 10), step(wait(7 * DAY_MS), 0, "2026-11-09 10:00:00: cooled down: total 10 → 0, do grow")],
}

WHO: dict[str, list[Step]] = {
    "capital-city": [step(card(city="Gdansk"), 0), step(card(city="WARSAW"), 5)],
    "head-or-student": [
        step(card(job_title="Stanford student"), 0),
        step(card(job_title="student", university="Stanford"), 10, "to-hr up: fit 0 → 10, do route-hr"),
        step(card(job_title="Head of sales", industry="IT"), 100, "to-top-managers up: fit 10 → 100, do route-senior"),
    ],
    "can-decide": [step(card(job_title="Buyer"), 0), step(card(job_title="Managing Director"), 30)],
    "negative-points": [step(card(likes_us=True), 10), step(card(likes_us=True, email="a@rival.example"), -10)],
    "demography": [
        step(card(sex="f", age=65, education="higher", income=6000, industry="marketing", country="Poland", employees=49), 0),
        step(card(sex="f", age=64, education="higher", income=6000, industry="marketing", country="Poland", employees=50), 15),
    ],
    "can-afford": [step(card(budget=9999), 0), step(card(budget="10000"), 0), step(card(budget=10_000), 20)],
    "not-known": [step(view("/"), -5), step(card(phone="1"), 0), step(card(phone=None), -5)],
}

AMOCRM: dict[str, list[Step]] = {
    "amocrm-phone": [step(card(phone=""), 0), step(card(phone="+7"), 1)],
    "amocrm-corporate-mail": [step(card(email="?"), 0), step(card(email="a@gmail.com"), 0), step(card(email="a@globex.example"), 1)],
    "amocrm-company-and-title": [step(card(company="Globex"), 0), step(card(company="Globex", job_title="Buyer"), 2)],
    "amocrm-budget": [step(card(budget_agreed=False), 0), step(card(budget_agreed=1), 0), step(card(budget_agreed=True), 3)],
    "amocrm-spec": [step(card(spec=False), 0), step(card(spec=True), 1), step(card(spec="https://x.example/spec"), 1)],
    "amocrm-off-profile": [step(card(off_profile=True), -5), step(card(off_profile=False), 0)],
    "amocrm-qualified": [
        step(webinar("attended"), 2),
        step(webinar("attended"), 4),
        step(webinar("attended"), 6),
        step(mail("clicked"), 6.5, "qualified up: total 6 → 6.5, do hand-to-sales", "stage[sales] up: total 6 → 6.5"),
    ],
    "amocrm-formula": [
        step(view("/"), 20),
        step(card(brief="full"), 19),
        step(card(brief="full", budget=500), 19.5),
        step(card(brief="full", budget=5000), 21),
    ],
    "amocrm-options": [step(card(brief="short"), 1), step(card(brief="full"), 2), step(card(brief="none"), 0)],
}

IDEAFLOWBOX: dict[str, list[Step]] = {
    "e-book": [step(did("e-book"), 40), step(did("e-book"), 40)],
    "time-on-page": [
        step(did("e-book"), 40),
        step(did("time_on_page", path="/x", seconds=59), 40),
        step(did("time_on_page", path="/y", seconds=60), 40),
        step(did("time_on_page", path="/x", seconds=60), 50),
    ],
    "price-list": [
        step(view("/price-list"), 10, "price-list up: interest 0 → 10"),
        step(view("/price-list/2026"), 15, "price-list up: interest 10 → 15"),
        step(view("/price-list"), 15),
        step(wait(DAY_MS), 15),
        step(view("/price-list"), 25, "price-list up: interest 15 → 25"),
    ],
    "newsletter-and-webinar": [
        step(did("newsletter"), 0),
        step(wait(90 * DAY_MS - 1), 0),
        step(webinar("attended"), 10, "newsletter-and-webinar up: interest 0 → 10"),
        step(wait(1), 0),
    ],
    "activity-list": [
        step(did("form_submitted"), 5),
        step(did("comment"), 10),
        step(did("availability_asked"), 12),
        step(did("download"), 12),
    ],
    "webinar-registered": [step(webinar("registered"), 5), step(webinar("registered"), 5), step(webinar("registered", "w2"), 10)],
    "stages": [
        step(view("/"), 35, "stage[interest] up: total 0 → 35"),
        step(view("/"), 70, "stage[conviction] up: total 35 → 70"),
        step(view("/"), 100, "stage[decision] up: total 70 → 100"),
    ],
}

PROOFS = TIMEDIGITAL | BEHAVIOUR | WHO | AMOCRM | IDEAFLOWBOX
