"""Who the leads are: a source of randomness and a number come in, a person with a temperament and a profile leaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

FIRST_NAMES: Final = (
    "Anna",
    "Piotr",
    "Maria",
    "Jan",
    "Olga",
    "Adam",
    "Ewa",
    "Igor",
    "Lena",
    "Marek",
    "Nina",
    "Pavel",
    "Sofia",
    "Tomas",
    "Vera",
)
LAST_NAMES: Final = ("Nowak", "Kowalska", "Smith", "Müller", "Novák", "Rossi", "García", "Ivanova", "Wójcik", "Larsen", "Dubois", "Jansen")
COMPANIES: Final = (
    "Northwind",
    "Contoso",
    "Fabrikam",
    "Initech",
    "Umbrella Foods",
    "Acme Tools",
    "Blue Yonder",
    "Globex",
    "Hooli",
    "Stark Machines",
)
CITIES: Final = (
    ("Warsaw", "Poland"),
    ("Warsaw", "Poland"),
    ("Kraków", "Poland"),
    ("Gdańsk", "Poland"),
    ("Berlin", "Germany"),
    ("Prague", "Czechia"),
    ("Vilnius", "Lithuania"),
    ("Vienna", "Austria"),
)
DECIDERS: Final = ("Head of Purchasing", "CEO", "Head of IT", "Owner", "Chief Marketing Officer", "Head of Operations")
OTHERS: Final = ("Accountant", "Student", "Engineer", "Office Manager", "Designer", "Sales Assistant", "Teacher", "Intern")
CATEGORIES: Final = ("washing-machines", "fridges", "mens", "womens", "laptops", "garden")
CHANNELS: Final = ("ads", "seo", "referral", "social", "partners")
MANAGERS: Final = ("Kasia", "Bogdan", "Iwona")


class Temperament(StrEnum):
    """How a lead behaves: most look around and leave, a few are about to buy, some are programs."""

    COLD = "cold"
    WARM = "warm"
    HOT = "hot"
    BOT = "bot"


# Of a hundred leads, and how much likelier than a cold one each is to come back.
SHARE: Final = {Temperament.COLD: 85, Temperament.WARM: 9, Temperament.HOT: 3, Temperament.BOT: 3}
EAGERNESS: Final = {Temperament.COLD: 1, Temperament.WARM: 2, Temperament.HOT: 6, Temperament.BOT: 3}


@dataclass(frozen=True, slots=True)
class Person:
    """A lead as the simulation knows it; the scorer sees only what the lead does and the profile."""

    lead_id: str
    temperament: Temperament
    favourite: str
    channel: str
    manager: str
    profile: dict[str, str | int] | None


def make_person(random: Random, number: int) -> Person:
    """The lead of this number; who gave no data about himself has no profile."""
    temperament = random.choices(list(SHARE), list(SHARE.values()))[0]
    known = {Temperament.COLD: 0.3, Temperament.WARM: 0.6, Temperament.HOT: 0.9, Temperament.BOT: 0.0}[temperament]
    manager = random.choice(MANAGERS)
    return Person(
        lead_id=f"lead-{number}",
        temperament=temperament,
        favourite=random.choice(CATEGORIES),
        channel=random.choice(CHANNELS),
        manager=manager,
        profile=_profile(random, temperament, manager) if random.random() < known else None,
    )


def _profile(random: Random, temperament: Temperament, manager: str) -> dict[str, str | int]:
    first, last, company = random.choice(FIRST_NAMES), random.choice(LAST_NAMES), random.choice(COMPANIES)
    city, country = random.choice(CITIES)
    decides = random.random() < (0.5 if temperament is Temperament.HOT else 0.05)
    profile: dict[str, str | int] = {
        "name": f"{first} {last}",
        "email": f"{first}.{last}@{company.replace(' ', '')}.example".lower(),
        "job_title": random.choice(DECIDERS if decides else OTHERS),
        "company": company,
        "city": city,
        "country": country,
        "manager": manager,
    }
    if random.random() < 0.6:
        profile["phone"] = f"+48 {random.randrange(500, 800)} {random.randrange(1000):03} {random.randrange(1000):03}"
    if temperament is not Temperament.COLD and random.random() < 0.5:
        profile["budget"] = random.randrange(1, 50) * 1000
    return profile
