"""Lists of leads: the order, the filters and the pages, against a plain list that is sorted and filtered in Python."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

from streamer.serve.query import Cursor, QueryError, leads_query, written
from tests.serve.conftest import Kept, Tell
from tests.serve.made import START_MS, alert, reason, scores

pytestmark = pytest.mark.redis

STAGES = ((50, "hot"), (7, "warm"), (0, "cold"))
CITIES = ("Warsaw", "Warsaw", "Warsaw", "Kraków", "New York", None)
MANAGERS = ("Ewa", "Ola", None)
NAMES = ("Anna Nowak", "anna-maria Wójcik", "Zenon O'Brien", "Łukasz Żak", "Nina")
# More leads than are put in order at once, so that orders are walked as well.
LEADS = 2_500


@dataclass
class Made:
    """A lead as the oracle knows it."""

    id: str
    total: float
    recent_ms: int
    stage: str | None
    city: str | None
    manager: str | None
    name: str
    product: dict[str, float]

    def number(self, order: str) -> float | None:
        """What it is ordered by; None when it is not in that order at all."""
        if order == "recent":
            return self.recent_ms
        return self.total if order == "total" else self.product.get(order.removeprefix("product[").removesuffix("]"))

    def value(self) -> bytes:
        """Its record."""
        profile = {"name": self.name, "city": self.city, "manager": self.manager, "email": f"{self.id}@mail.example"}
        return scores(
            self.id,
            self.total,
            ms=self.recent_ms,
            stage=self.stage,
            profile={field: text for field, text in profile.items() if text is not None},
            scores={"interest": self.total, "product": self.product},
        )


def made_leads(chance: random.Random) -> list[Made]:
    """Leads of which many are equal in what orders them."""
    return [made_lead(chance, number) for number in range(LEADS)]


def made_lead(chance: random.Random, number: int) -> Made:
    """A lead; its stage is a band of totals."""
    total = chance.choice((0, -3, 7, 7.25, 1e6, 12.5)) if chance.random() < 0.7 else round(chance.uniform(-10, 99), 6)
    return Made(
        id=f"{chance.choice('abcÄ')}-{number}",
        total=total,
        recent_ms=START_MS + chance.randrange(200) * 1000,
        stage=next((stage for at, stage in STAGES if total >= at), None),
        city=chance.choice(CITIES),
        manager=chance.choice(MANAGERS),
        name=chance.choice(NAMES),
        product={name: chance.randrange(5) for name in ("mens", "womens") if chance.random() < 0.3},
    )


def asked(chance: random.Random) -> dict[str, str]:
    """A question."""
    given: dict[str, str] = {"order": chance.choice(("desc", "asc"))}
    options = {
        "stage": ("cold", "warm", "hot", "none", "never"),
        "city": ("Warsaw", "New York", "Kraków"),
        "manager": ("Ewa",),
        "category": ("mens",),
        "q": ("ann", "ANNA now", "zak", "o'br", "wojcik maria", "a-1", "mail.exa"),
        "score": ("total", "product[mens]"),
        "sort": ("recent", "score"),
    }
    for name, values in options.items():
        if chance.random() < 0.3:
            given[name] = chance.choice(values)
    return given


def answer(leads: list[Made], given: dict[str, str]) -> list[str]:
    """The ids that must come, in order."""
    order = "recent" if given.get("sort") == "recent" else given.get("score", "total")
    words = {"ann": ("anna",), "ANNA now": ("anna nowak",), "zak": ("zak",), "o'br": ("o'brien",), "wojcik maria": ("anna-maria",)}

    def passes(lead: Made) -> bool:
        q, plain_id = given.get("q"), lead.id.replace("Ä", "a")
        plain = {"Łukasz Żak": "łukasz zak", "anna-maria Wójcik": "anna-maria wojcik"}.get(lead.name, lead.name.lower())
        return (
            ("stage" not in given or (lead.stage or "none") == given["stage"])
            and given.get("city") in (None, lead.city)
            and given.get("manager") in (None, lead.manager)
            and ("category" not in given or given["category"] in lead.product)
            and (q is None or q == "mail.exa" or (q == "a-1" and plain_id.startswith(q)) or any(word in plain for word in words.get(q, ())))
        )

    found = [(number, lead.id.encode()) for lead in leads if passes(lead) and (number := lead.number(order)) is not None]
    return [lead_id.decode() for _, lead_id in sorted(found, reverse=given["order"] == "desc")]


async def all_pages(kept: Kept, given: dict[str, str], limit: int) -> list[str]:
    """All pages of a question, one after another."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page: dict[str, Any] = await kept.leads(**given, **cursor, limit=str(limit))
        ids += [lead["lead_id"] for lead in page["leads"]]
        assert len(page["leads"]) <= limit
        if page["next"] is None:
            return ids
        cursor = {"cursor": page["next"]}


def test_pages_are_those_of_a_sorted_filtered_list(tell: Tell) -> None:
    """Whatever is asked, the pages together are the leads that pass, each once, in the order asked for."""
    chance = random.Random(11)
    leads = made_leads(chance)

    async def story(kept: Kept) -> None:
        for start in range(0, LEADS, 250):
            await kept.put(*(lead.value() for lead in leads[start : start + 250]))
        # A manager's leads are walked between the totals of a stage.
        bands = [{"order": order, "manager": "Ewa", "stage": "warm"} for order in ("desc", "asc")]
        for given in [*bands, *(asked(chance) for _ in range(60))]:
            assert await all_pages(kept, given, 200) == answer(leads, given), given
        assert await all_pages(kept, {"order": "desc"}, 37) == answer(leads, {"order": "desc"})
        given = {"order": "asc", "city": "Kraków", "q": "ann"}
        assert await all_pages(kept, given, 7) == answer(leads, given)

    tell(story)


def test_a_page_goes_on_where_the_last_one_ended_though_leads_move(tell: Tell) -> None:
    """When the lead at the end of a page has risen, sunk or gone, the next page begins with what came after it then."""

    async def story(kept: Kept) -> None:
        await kept.put(*(scores(f"l{n}", n) for n in range(10)))
        first = await kept.leads(limit="3")
        assert [lead["lead_id"] for lead in first["leads"]] == ["l9", "l8", "l7"]
        await kept.put(scores("l7", 100))
        assert await kept.ids(limit="2", cursor=first["next"]) == ["l6", "l5"]
        await kept.put(("l7", None))
        assert await kept.ids(limit="2", cursor=first["next"]) == ["l6", "l5"]

    tell(story)


def test_pages_of_leads_with_the_longest_ids_have_a_next_one(tell: Tell) -> None:
    """An id of 256 characters, however many bytes they take, makes a cursor that is taken back."""
    ids = ["\N{GRINNING FACE}" * 255 + "a", "\u6f22" * 256, "\x01" * 255 + "b"]

    async def story(kept: Kept) -> None:
        await kept.put(*(scores(lead_id, n) for n, lead_id in enumerate(ids)))
        await kept.alert(*(alert(lead_id, 1, id="\u6f22" * 100) for lead_id in ids))
        assert await all_pages(kept, {"order": "asc"}, 1) == ids
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while len(seen) < len(ids):
            page = await kept.alerts(limit="1", **cursor)
            seen += [one["lead_id"] for one in page["alerts"]]
            cursor = {"cursor": page["next"] or ""}
        assert sorted(seen) == sorted(ids)

    tell(story)


def test_texts_of_a_profile_are_only_texts(tell: Tell) -> None:
    """Line breaks, NUL, quotes and markup in ids and profiles break no answer and no other lead."""
    odd = 'a"\n\x00<script>\\[{\t\u2028'

    async def story(kept: Kept) -> None:
        profile = {"name": odd, "city": odd, "manager": odd, "company": odd, "email": odd}
        reasons = [reason(odd, 3)]
        await kept.put(scores(odd, 3, stage=odd, profile=profile, reasons=reasons, scores={"interest": 3, "product": {odd: 2}}))
        await kept.put(scores("b", 2))
        for given in ({}, {"city": odd}, {"manager": odd}, {"stage": odd}, {"category": odd}, {"score": f"product[{odd}]"}):
            page = await kept.leads(**given)
            assert page["leads"][0]["lead_id"] == odd, given
            assert page["leads"][0]["profile"] == profile
        lead = await kept.lead(odd)
        assert lead is not None and lead["stage"] == odd
        await kept.put((odd, None))
        assert await kept.ids() == ["b"]

    tell(story)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"limit": "0"}, "limit: expected a whole number from 1 to 200"),
        ({"limit": "many"}, "limit: expected a whole number from 1 to 200"),
        ({"sort": "name"}, "sort: expected score or recent"),
        ({"order": "up"}, "order: expected desc or asc"),
        ({"cursor": "x"}, "cursor: expected the `next` of an earlier page"),
        ({"cursor": "W10"}, "cursor: expected the `next` of an earlier page"),
        *(
            ({"cursor": written(Cursor(number, "a"))}, "cursor: expected the `next`")
            for number in ("nan", "1_0", "\uff11", " 1", "0x1", "")
        ),
        ({"town": "Radom"}, "town: unknown parameter, known are score, sort"),
        ({"q": "x" * 300}, "q: expected at most 256 characters"),
    ],
)
def test_wrong_parameters_are_named(given: dict[str, str], words: str) -> None:
    """A wrong parameter is refused in one line that names it and says what was expected."""
    with pytest.raises(QueryError) as refused:
        leads_query(given)
    assert str(refused.value).startswith(words)


def test_a_stage_of_many_totals_is_listed_whole(tell: Tell) -> None:
    """Leads that an older model put into a stage are found by it among all others, in both directions, page after page."""

    async def story(kept: Kept) -> None:
        leads = [scores(f"lead-{n:04}", n, stage="hot" if n > 1_500 or n % 3 == 0 else "cold") for n in range(2_000)]
        for start in range(0, len(leads), 500):
            await kept.put(*leads[start : start + 500])
        hot = [f"lead-{n:04}" for n in range(2_000) if n > 1_500 or n % 3 == 0]
        for order, expected in (("asc", hot), ("desc", hot[::-1])):
            assert await every_page(kept, stage="hot", order=order) == expected

    tell(story)


async def every_page(kept: Kept, **given: str) -> list[str]:
    """The ids on all pages."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await kept.leads(**given, **cursor, limit="100")
        ids += [lead["lead_id"] for lead in page["leads"]]
        if page["next"] is None:
            return ids
        cursor = {"cursor": page["next"]}
