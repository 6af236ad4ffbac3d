"""The OpenAPI document: the shapes of the answers come in, the description of the API leaves."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streamer import __version__
from streamer.serve.answers import Alerts, Error, Filters, Health, Lead, Leads, ModelShape, Stats
from streamer.serve.query import PAGE
from topics.limits import PAGE_MAX

WORD: Final = {"type": "string"}
SHAPES: Final[dict[str, tuple[str, Any]]] = {
    "/v1/leads": ("Leads, ordered and filtered", Leads),
    "/v1/leads/{lead_id}": ("All about one lead", Lead),
    "/v1/alerts": ("The newest alerts", Alerts),
    "/v1/stats": ("Numbers of the funnel and of alerts", Stats),
    "/v1/filters": ("What leads can be filtered and ordered by", Filters),
    "/v1/model": ("The scoring model in words", ModelShape),
    "/health": ("How the view stands; 503 when there are no data", Health),
}
PARAMETERS: Final[dict[str, dict[str, tuple[str, dict[str, Any]]]]] = {
    "/v1/leads": {
        "score": ("The score to order by: total, a score's name, or name[category]", WORD | {"default": "total"}),
        "sort": ("By the score, or by the time of the last event", WORD | {"enum": ["score", "recent"], "default": "score"}),
        "order": ("Falling or rising", WORD | {"enum": ["desc", "asc"], "default": "desc"}),
        "stage": ("Only leads of this stage; `none`: without one", WORD),
        "category": ("Only leads with points in this category", WORD),
        "city": ("Only leads of this city", WORD),
        "manager": ("Only leads of this manager", WORD),
        "q": ("Only leads with words that begin so, in name, company, mail address or id", WORD),
    },
    "/v1/alerts": {
        "kind": ("Only alerts of this kind", WORD | {"enum": ["threshold", "rule", "stage"]}),
        "id": ("Only alerts of this threshold or rule", WORD),
        "lead": ("Only alerts of this lead", WORD),
    },
}
PAGING: Final = {
    "limit": ("How many at most", {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE}),
    "cursor": ("The `next` of the page before", WORD),
}
STREAM: Final = (
    "Server-sent events: `alert` with an id and the alert as data, `changed` with {leads} at most twice a second, comments as "
    "heartbeats. With Last-Event-ID it goes on after that alert."
)
REFERENCE: Final = "#/components/schemas/{name}"


def openapi() -> dict[str, Any]:
    """The document, as JSON objects."""
    shapes = [shape for _, shape in SHAPES.values()]
    schemas, components = msgspec.json.schema_components([*shapes, Error], ref_template=REFERENCE)
    error = _content("application/json", schemas[-1])
    paths = {}
    for (path, (summary, _)), schema in zip(SHAPES.items(), schemas, strict=False):
        paths[path] = {"get": _operation(path, summary, _content("application/json", schema), error)}
    paths["/v1/alerts/stream"] = {"get": _operation("", STREAM, _content("text/event-stream", WORD), error)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "streamer", "version": __version__, "description": "Leads, their scores and alerts: read only."},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}, {}],
    }


def _operation(path: str, summary: str, content: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    given = PARAMETERS.get(path, {})
    asked = [_parameter(name, "query", *about) for name, about in (given | PAGING if given else {}).items()]
    if "{lead_id}" in path:
        asked.append(_parameter("lead_id", "path", "The lead's id", WORD) | {"required": True})
    codes = {"400": "A wrong parameter", "401": "No token", "404": "Not there", "503": "No view: Redis is away, or it is being built"}
    failures = {code: {"description": words, "content": error} for code, words in codes.items()}
    if path == "/health":
        failures = {"503": {"description": "Redis is away", "content": content}}
    return {"summary": summary, "parameters": asked, "responses": {"200": {"description": "Found", "content": content}} | failures}


def _parameter(name: str, place: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "description": about, "schema": schema}


def _content(media_type: str, schema: Any) -> dict[str, Any]:
    return {media_type: {"schema": schema}}
