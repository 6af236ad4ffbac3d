"""The HTTP API: every answer is what the OpenAPI document says, and an error is one line of JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from streamer.serve.answers import Alerts, Error, Filters, Health, Lead, Leads, ModelShape, Stats
from streamer.settings import Settings
from tests.serve.asked import application, ask, asked
from tests.serve.conftest import Kept, Tell
from tests.serve.made import alert, reason, scores

PATHS = {
    "/v1/leads": Leads,
    "/v1/leads?stage=hot&q=ann&sort=recent": Leads,
    "/v1/leads/a%2Fb%20%C4%85": Lead,
    "/v1/alerts": Alerts,
    "/v1/alerts?lead=a%2Fb%20%C4%85&kind=threshold": Alerts,
    "/v1/stats": Stats,
    "/v1/filters": Filters,
    "/v1/model": ModelShape,
    "/health": Health,
}


@pytest.mark.redis
def test_answers_have_the_shapes_of_the_description(tell: Tell) -> None:
    """Each answer can be read as the type that the OpenAPI document is made from, with the headers that keep it plain data."""
    lead_id = "a/b ą"

    async def story(kept: Kept) -> None:
        profile = {"name": "Anna", "manager": "Ewa", "city": "Radom"}
        reasons = [reason("visit", 2), reason("choosing", 50, value="mens", score="product")]
        await kept.put(scores(lead_id, 33, stage="hot", profile=profile, reasons=reasons, scores={"fit": 1, "product": {"mens": 50}}))
        await kept.alert(alert(lead_id, 1))
        app, reads = application(kept.settings)
        for path, shape in PATHS.items():
            told = await ask(app, path)
            assert told.status == 200, (path, told.body)
            msgspec.json.decode(told.body, type=shape)
            assert told.headers["content-type"] == "application/json"
            assert told.headers["x-content-type-options"] == "nosniff"
        found = (await ask(app, "/v1/leads")).content["leads"]
        assert [one["lead_id"] for one in found] == [lead_id]
        filters = (await ask(app, "/v1/filters")).content
        assert filters["scores"] == ["total", "interest", "fit", "product[mens]"]
        assert (filters["stages"], filters["cities"]) == ([["hot", 1]], [["Radom", 1]])
        rules = {rule["id"]: rule["leads"] for rule in (await ask(app, "/v1/model")).content["rules"]}
        assert (rules["visit"], rules["choosing"], rules["pricing"]) == (1, 1, 0)
        assert (await ask(app, "/v1/leads/nobody")).status == 404
        assert (await ask(app, "/v1/leads?limit=x")).content == {"error": "limit: expected a whole number from 1 to 200"}
        await reads.close()

    tell(story)


@pytest.mark.redis
def test_whatever_a_lead_is_called_it_is_found(tell: Tell) -> None:
    """An id may be any text: with slashes, dots, quotes, NUL, or line breaks, at its end too."""
    ids = ["/a//b/", "..", "a?b#c", "%2F", "a\0b", "\"'<>", "a", "a\n", "a\nb\r", " a ", "\u2028", "\N{GRINNING FACE}" * 256]

    async def story(kept: Kept) -> None:
        await kept.put(*(scores(lead_id, 1) for lead_id in ids))
        app, reads = application(kept.settings)
        for lead_id in ids:
            told = await ask(app, f"/v1/leads/{quote(lead_id, safe='')}")
            assert (told.status, told.content.get("lead_id")) == (200, lead_id)
        await reads.close()

    tell(story)


@pytest.mark.redis
def test_before_there_is_a_view_nothing_is_made_up(app_settings: Settings) -> None:
    """While there is no view data are 503, not an empty list; the health says that it is being built."""
    for path in ("/v1/leads", "/v1/leads/a", "/v1/alerts", "/v1/stats"):
        told = asked(app_settings, path)
        assert (told.status, msgspec.json.decode(told.body, type=Error).error) == (
            503,
            "the view is not there yet: it is built from the topics",
        )
    assert asked(app_settings, "/health").content["status"] == "rebuilding"


def test_without_redis_every_answer_is_one_line() -> None:
    """Redis away: 503 and one line without an address for data; the health is 503 too."""
    settings = Settings(redis="redis://:secret-word@127.0.0.1:1/0")
    for path in PATHS:
        told = asked(settings, path)
        assert told.status == 503, path
        assert b"secret-word" not in told.body and b"Redis does not answer" in told.body
    document = asked(settings, "/openapi.json").content
    said = document["paths"]["/health"]["get"]["responses"]["503"]["content"]["application/json"]["schema"]
    assert said == {"$ref": "#/components/schemas/Health"}
    assert msgspec.json.decode(asked(settings, "/health").body, type=Health).status == "down"


def test_what_is_not_there_or_not_reading_is_refused() -> None:
    """Another path is 404, another method 405, both as JSON."""
    settings = Settings(redis="redis://127.0.0.1:1/0")
    assert (asked(settings, "/v2").status, asked(settings, "/v2").content) == (404, {"error": "no such page"})
    assert (asked(settings, "/v1/leads", "DELETE").status, asked(settings, "/v1/leads", "POST").content) == (
        405,
        {"error": "only reading is possible here"},
    )
    assert set(asked(settings, "/v1/leads", "POST").headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_description_is_complete() -> None:
    """The OpenAPI document names every path, and every reference in it leads to a schema."""
    document = asked(Settings(), "/openapi.json").content
    assert document["openapi"].startswith("3.1")
    paths = {path.partition("?")[0] for path in PATHS if "%" not in path} | {"/v1/leads/{lead_id}", "/v1/alerts/stream"}
    assert set(document["paths"]) == paths
    asked_for = {one["name"] for one in document["paths"]["/v1/leads"]["get"]["parameters"]}
    assert asked_for == {"score", "sort", "order", "stage", "category", "city", "manager", "q", "limit", "cursor"}
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= schemas


def references(part: Any) -> list[str]:
    """All references of a part of the document."""
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in references(value)]
    return [found for value in part for found in references(value)] if isinstance(part, list) else []
