"""What a lead does next: a person comes in, the steps of one stay leave. A stay is a visit, a mail, a call, a webinar…

Each kind of stay is one small function; the table at the end says how often each temperament does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from streamer.operate.simulation.people import CATEGORIES, Person, Temperament
from topics.registry import ACTIVITIES, CALLS, EMAIL_EVENTS, MESSAGES, PAGE_VIEWS, PURCHASES, WEBINARS, Topic

Step = tuple[Topic, dict[str, Any]]
Stay = Callable[[Random, Person, str], Iterator[Step]]

SHOP: Final = "https://shop.example"


def _page(path: str, visit_id: str, **fields: Any) -> Step:
    return PAGE_VIEWS, {"url": f"{SHOP}{path}?utm_source=demo", "visit_id": visit_id, "source": "pixel", **fields}


def browse(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """Looks around: the front page, a few articles or products of any category."""
    yield _page("/", stay_id, title="Welcome", channel=person.channel)
    for _ in range(random.randrange(3)):
        if random.random() < 0.4:
            yield _page(f"/blog/{random.randrange(30)}", stay_id)
        else:
            category = random.choice(CATEGORIES)
            yield _page(f"/catalog/{category}", stay_id, category=category)


def choose(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """Compares the products of the favourite category, and looks at the prices."""
    yield _page(f"/catalog/{person.favourite}", stay_id, category=person.favourite)
    for product in random.sample(range(1, 40), random.randrange(3, 8)):
        yield _page(f"/catalog/{person.favourite}/{product}", stay_id, category=person.favourite, seconds=random.randrange(5, 240))
    if random.random() < 0.7:
        yield _page("/pricing", stay_id)
        properties = {"path": "/pricing", "seconds": random.randrange(10, 300)}
        yield ACTIVITIES, {"name": "time_on_page", "properties": properties, "source": "pixel"}


def crawl(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """A program walks over the pages, or opens mails to look for viruses."""
    if random.random() < 0.3:
        yield EMAIL_EVENTS, {"action": "opened", "message_id": f"{stay_id}-m", "human": False, "source": "sendgrid"}
    for _ in range(random.randrange(2, 6)):
        yield _page(f"/catalog/{random.choice(CATEGORIES)}/{random.randrange(40)}", stay_id, human=False)


def mailing(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """Gets a mail; the warmer, the likelier it is opened, clicked and answered."""
    interest = {Temperament.HOT: 0.8, Temperament.WARM: 0.5}.get(person.temperament, 0.2)
    mail = {"message_id": f"{stay_id}-m", "campaign": f"autumn-{random.randrange(3)}", "source": "sendgrid"}
    yield EMAIL_EVENTS, {"action": "sent", **mail}
    if random.random() < 0.03:
        yield EMAIL_EVENTS, {"action": random.choice(("bounced", "unsubscribed")), **mail}
    elif random.random() < interest:
        yield EMAIL_EVENTS, {"action": "opened", **mail}
        if random.random() < interest:
            yield EMAIL_EVENTS, {"action": "clicked", "link": f"{SHOP}/pricing", **mail}
        if random.random() < interest / 4:
            yield EMAIL_EVENTS, {"action": "replied", **mail}


def webinar(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """Registers for a webinar, attends it and watches it to some stage."""
    about = {"webinar_id": f"how-to-choose-{person.favourite}", "category": person.favourite, "source": "webinar-room"}
    yield WEBINARS, {"action": "registered", **about}
    if random.random() < 0.6:
        yield WEBINARS, {"action": "attended", **about}
        for percent in range(25, random.randrange(26, 126), 25):
            yield WEBINARS, {"action": "watched", "percent": percent, **about}


def form(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """Leaves data in a form, takes the newsletter or an e-book."""
    name = random.choice(("form_submitted", "newsletter", "e-book", "availability_asked"))
    yield ACTIVITIES, {"name": name, "properties": {"path": f"/{name}"}, "channel": person.channel}


def contact(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """Calls or writes."""
    if random.random() < 0.5:
        outcome = random.choice(("answered", "answered", "missed", "voicemail"))
        yield CALLS, {"direction": "inbound", "outcome": outcome, "seconds": random.randrange(600), "manager": person.manager}
    else:
        yield MESSAGES, {"medium": random.choice(("mail", "chat", "sms", "telegram")), "category": person.favourite}


def quote(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """Opens the quote that was sent; the manager calls, and sometimes an order follows."""
    yield ACTIVITIES, {"name": "quote_opened", "properties": {"quote": f"{stay_id}-q"}, "category": person.favourite}
    if random.random() < 0.6:
        outcome = random.choice(("answered", "answered", "busy"))
        yield CALLS, {"direction": "outbound", "outcome": outcome, "seconds": random.randrange(900), "manager": person.manager}
        if outcome == "answered" and random.random() < 0.7:
            yield (
                PURCHASES,
                {
                    "order_id": f"{stay_id}-o",
                    "amount": round(random.uniform(50, 3000), 2),
                    "currency": "EUR",
                    "items": [{"sku": f"{person.favourite}-{random.randrange(40)}", "quantity": random.randrange(1, 4)}],
                    "category": person.favourite,
                },
            )


# How often, out of the sum of a row, each temperament does each kind of stay.
HABITS: Final[dict[Temperament, dict[Stay, int]]] = {
    Temperament.COLD: {browse: 60, mailing: 35, form: 2, choose: 2, webinar: 1},
    Temperament.WARM: {browse: 35, choose: 20, mailing: 25, webinar: 8, form: 7, contact: 4, quote: 1},
    Temperament.HOT: {choose: 30, browse: 10, mailing: 15, webinar: 10, form: 10, contact: 15, quote: 15},
    Temperament.BOT: {crawl: 1},
}


def next_stay(random: Random, person: Person, stay_id: str) -> Iterator[Step]:
    """The steps of one stay of this person, in their order."""
    habits = HABITS[person.temperament]
    return random.choices(list(habits), list(habits.values()))[0](random, person, stay_id)
