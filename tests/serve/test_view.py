"""The view in Redis: what is applied, once and in order, and what an erasure leaves."""

from __future__ import annotations

import asyncio

import pytest

from streamer.serve.batches import Batch
from streamer.serve.cards import Draft
from streamer.serve.packing import PLAIN
from streamer.serve.reads import NoViewError
from streamer.serve.view import LostError, View
from streamer.settings import Settings
from tests.serve.conftest import Kept, Tell
from tests.serve.made import START_MS, alert, reason, scores

pytestmark = pytest.mark.redis


def test_newest_state_of_a_lead_is_shown(tell: Tell) -> None:
    """A lead's card and page are its last record of lead-scores, with its totals over time."""

    async def story(kept: Kept) -> None:
        await kept.put(scores("a", 5), scores("a", 7.5, ms=START_MS + 60_000, stage="warm", profile={"name": "Anna"}))
        (card,) = (await kept.leads())["leads"]
        assert (card["total"], card["stage"], card["profile"]) == (7.5, "warm", {"name": "Anna"})
        assert card["history"] == [[START_MS, 5], [START_MS + 60_000, 7.5]]
        lead = await kept.lead("a")
        assert lead is not None
        assert lead["reasons"][0]["evidence"][0]["event_id"] == "e-visit"
        assert "evidence" not in card["reasons"][0]
        assert await kept.lead("b") is None

    tell(story)


def test_card_has_the_weightiest_reasons(tell: Tell) -> None:
    """A card has the three reasons with the most points, minus or plus; the lead's page has all."""

    async def story(kept: Kept) -> None:
        reasons = [reason(name, points) for name, points in (("a", 1), ("b", -20), ("c", 5), ("d", 10), ("e", 2))]
        await kept.put(scores("x", 0, reasons=reasons))
        (card,) = (await kept.leads())["leads"]
        assert [one["rule"] for one in card["reasons"]] == ["b", "d", "c"]
        lead = await kept.lead("x")
        assert lead is not None
        assert [one["rule"] for one in lead["reasons"]] == ["a", "b", "c", "d", "e"]

    tell(story)


def test_history_is_bounded_and_thinned(tell: Tell) -> None:
    """A lead's history holds its newest 50 changes of the total; of those within seconds only the newest stays."""

    async def story(kept: Kept) -> None:
        await kept.put(*(scores("a", n, ms=START_MS + n * 60_000) for n in range(80)), scores("a", 79, ms=START_MS + 80 * 60_000))
        lead = await kept.lead("a")
        assert lead is not None
        assert lead["history"] == [[START_MS + n * 60_000, n] for n in range(30, 80)]
        await kept.put(*(scores("b", n, ms=START_MS + n * 1000) for n in range(100)))
        lead = await kept.lead("b")
        assert lead is not None
        times = [at for at, _ in lead["history"]]
        assert times[0] == START_MS and lead["history"][-1] == [START_MS + 99_000, 99]
        assert len(times) < 20

    tell(story)


def test_replay_changes_nothing(tell: Tell) -> None:
    """A batch that comes again, or overlaps what was applied, leaves the view as it is: older states never win."""

    async def story(kept: Kept) -> None:
        place = "lead-scores/3"
        values = scores("a", 1), scores("a", 2), scores("b", 9)
        old, new, other = (Draft(offset, value).entry(PLAIN) for offset, value in enumerate(values))
        for believed, after, entries in ((0, 1, [old]), (1, 2, [new]), (0, 1, [old]), (1, 3, [new, other])):
            await kept.apply([Batch(place, believed, after, entries)])
        assert [(card["lead_id"], card["total"]) for card in (await kept.leads())["leads"]] == [("b", 9), ("a", 2)]
        assert await kept.view.open() == {place: 3}

    tell(story)


def test_a_view_that_went_back_or_is_gone_is_noticed(tell: Tell) -> None:
    """A batch is applied only on top of the one before it, and only to the view that was opened."""

    async def story(kept: Kept) -> None:
        await kept.put(scores("a", 1))
        with pytest.raises(LostError):
            await kept.apply([Batch("lead-scores/0", 5, 6, [Draft(5, scores("b", 1)).entry(PLAIN)])])
        await kept.view.check()
        other = View(kept.settings)
        await other.begin()
        await other.close()
        for lost in (kept.view.check(), kept.apply([Batch("lead-scores/0", 1, 2, [Draft(1, scores("b", 1)).entry(PLAIN)])])):
            with pytest.raises(LostError):
                await lost
        with pytest.raises(NoViewError):
            await kept.leads()

    tell(story)


def test_a_view_of_another_form_is_none(app_settings: Settings) -> None:
    """What another version of the program left is not taken over."""

    async def story() -> None:
        view = View(app_settings)
        assert await view.open() is None
        await view.begin()
        assert await view.open() == {}
        await view._redis.set(f"{app_settings.app}:epoch", "0.old")
        assert await view.open() is None
        await view.close()

    asyncio.run(story())


def test_erasure_leaves_nothing_of_the_lead(tell: Tell) -> None:
    """After a null the lead is in no list, count, search or alert, and no key holds its name; a late alert is dropped."""

    async def story(kept: Kept) -> None:
        profile = {"name": "Zofia Secretna", "email": "zofia@secret.example", "city": "Radom", "manager": "Ewa", "company": "Secret"}
        await kept.put(
            scores("gone-1", 50, stage="hot", profile=profile, scores={"interest": 50, "product": {"mens": 3}}), scores("stays", 10)
        )
        await kept.alert(alert("gone-1", 1), alert("stays", 1))
        assert await kept.ids(q="zofi") == ["gone-1"]
        await kept.put(("gone-1", None))
        await kept.alert(alert("gone-1", 2))
        assert await kept.ids() == ["stays"]
        assert await kept.lead("gone-1") is None
        for question in ({"q": "zofi"}, {"city": "Radom"}, {"stage": "hot"}, {"category": "mens"}, {"score": "product[mens]"}):
            assert await kept.ids(**question) == []
        assert [one["lead_id"] for one in (await kept.alerts())["alerts"]] == ["stays"]
        assert (await kept.alerts(lead="gone-1"))["alerts"] == []
        assert await kept.reads.counts("city") == []
        redis = kept.reads.redis
        # All that remains is when the id was erased, for an hour: an alert of it may still come.
        assert await redis.zrange(f"{kept.settings.app}:erased", 0, -1) == [b"gone-1"]
        await redis.delete(f"{kept.settings.app}:erased")
        async for key in redis.scan_iter(f"{kept.settings.app}:*"):
            dumped = (await redis.dump(key)).lower()
            for trace in (b"gone-1", b"zofia", b"radom"):
                assert trace not in dumped, (key, trace)

    tell(story)


def test_index_follows_the_lead(tell: Tell) -> None:
    """A lead that changes stage, city or name is found by the new one only."""

    async def story(kept: Kept) -> None:
        await kept.put(
            scores("a", 1, stage="cold", profile={"city": "Kraków", "name": "Anna"}, scores={"interest": 1, "product": {"mens": 1}})
        )
        await kept.put(
            scores("a", 2, stage="hot", profile={"city": "Gdańsk", "name": "Ewa"}, scores={"interest": 1, "product": {"women": 2}})
        )
        for question in ({"stage": "cold"}, {"city": "Kraków"}, {"q": "anna"}, {"category": "mens"}, {"score": "product[mens]"}):
            assert await kept.ids(**question) == [], question
        for question in ({"stage": "hot"}, {"city": "Gdańsk"}, {"q": "ew"}, {"category": "women"}, {"score": "product[women]"}):
            assert await kept.ids(**question) == ["a"], question
        assert await kept.reads.counts("stage") == [("hot", 1)]
        assert await kept.reads.counts("rule") == [("visit", 1)]

    tell(story)
