"""The HTTP API: a view to read and the settings come in, an ASGI application leaves. Every answer is JSON, an error is one line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from streamer.model.spec import Model
from streamer.serve.answers import Error, Filters, Health, Stats, json
from streamer.serve.auth import Gate, Guard
from streamer.serve.live import Live
from streamer.serve.openapi import openapi
from streamer.serve.query import GROUPS, NO_STAGE, QueryError, alerts_query, leads_query
from streamer.serve.reads import NoViewError, Reads
from streamer.serve.redis import words_for
from streamer.serve.rules import model_in_words
from topics.limits import FILTER_VALUES_MAX

HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'"}
STATS_S: Final = 0.5
NO_VIEW: Final = "the view is not there yet: it is built from the topics"
Handler = Callable[[Request], Awaitable[Response]]


class LeadId(PathConvertor):
    """All that is left of a path: an id may hold line breaks, where starlette's own `path` ends."""

    regex = "(?s:.*)"


register_url_convertor("lead_id", LeadId())


class Api:
    """The answers to each path."""

    def __init__(self, reads: Reads, live: Live, model: Model) -> None:
        self._reads = reads
        self._live = live
        self._model = model
        self._openapi = json(openapi())
        self._stats = b""
        self._stats_s = -STATS_S

    def routes(self) -> list[Route]:
        """All paths of the API."""
        return [
            Route("/v1/leads", _answered(self.leads)),
            Route("/v1/leads/{lead_id:lead_id}", _answered(self.lead)),
            Route("/v1/alerts", _answered(self.alerts)),
            Route("/v1/alerts/stream", _answered(self.stream)),
            Route("/v1/stats", _answered(self.stats)),
            Route("/v1/filters", _answered(self.filters)),
            Route("/v1/model", _answered(self.model)),
            Route("/health", _answered(self.health)),
            Route("/openapi.json", _answered(self.openapi)),
        ]

    async def leads(self, request: Request) -> Response:
        """A page of leads."""
        return _ready(await self._reads.leads(leads_query(dict(request.query_params))))

    async def lead(self, request: Request) -> Response:
        """One lead."""
        found = await self._reads.lead(request.path_params["lead_id"])
        return _error("no such lead", 404) if found is None else _ready(found)

    async def alerts(self, request: Request) -> Response:
        """A page of alerts."""
        return _ready(await self._reads.alerts(alerts_query(dict(request.query_params))))

    async def stream(self, request: Request) -> Response:
        """What happens, as it happens."""
        after = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
        if self._live.is_full:
            return _error("too many watch already", 503)
        return StreamingResponse(self._live.watch(after), media_type="text/event-stream", headers=HEADERS | {"x-accel-buffering": "no"})

    async def stats(self, request: Request) -> Response:
        """The numbers: counted for all who ask within half a second."""
        if time.monotonic() - self._stats_s > STATS_S:
            self._stats, self._stats_s = json(await self._counted()), time.monotonic()
        return _ready(self._stats)

    async def filters(self, request: Request) -> Response:
        """What can be asked for."""
        stages, cities, managers, categories = [await self._reads.counts(kind, FILTER_VALUES_MAX) for kind in GROUPS]
        scores = ["total", *(score.name for score in self._model.scores if score.by is None)]
        scores += [f"{score.name}[{category}]" for score in self._model.scores if score.by is not None for category, _ in categories]
        return _ready(json(Filters([(name or NO_STAGE, number) for name, number in stages], cities, managers, categories, scores)))

    async def model(self, request: Request) -> Response:
        """The model in words."""
        return _ready(json(model_in_words(self._model, dict(await self._reads.counts("rule")))))

    async def health(self, request: Request) -> Response:
        """How it stands; always answered."""
        try:
            health = await self._reads.health()
        except (RedisError, OSError) as error:
            health = Health("down", words_for(error), "unknown while Redis is away", None, None)
        return Response(json(health), 503 if health.status == "down" else 200, HEADERS, "application/json")

    async def openapi(self, request: Request) -> Response:
        """The description of the API."""
        return _ready(self._openapi)

    async def _counted(self) -> Stats:
        stale_ms = await self._reads.stale_ms()
        numbers = await self._reads.alert_numbers()
        return Stats(
            leads=await self._reads.leads_number(),
            stages={name or NO_STAGE: number for name, number in await self._reads.counts("stage")},
            alerts=numbers.seen,
            alerts_per_hour=numbers.per_hour,
            alerts_by_channel=numbers.by_channel,
            alerts_by_manager=numbers.by_manager,
            delay_ms=numbers.delay,
            stale_ms=stale_ms,
            model_version=self._model.version,
        )


def create_app(reads: Reads, live: Live, gate: Gate, model: Model, pages: list[BaseRoute]) -> Starlette:
    """The application: the API, logging in and out, and what else is served."""
    routes = [
        *Api(reads, live, model).routes(),
        Route("/login", gate.log_in, methods=["POST"]),
        Route("/logout", gate.log_out, methods=["POST"]),
        *pages,
    ]

    @asynccontextmanager
    async def telling(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(live.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await reads.close()

    return Starlette(
        routes=routes, middleware=[Middleware(Guard, gate=gate)], exception_handlers={HTTPException: _not_served}, lifespan=telling
    )


def _answered(handler: Handler) -> Handler:
    """Makes the failures that a user can meet into answers."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except QueryError as error:
            return _error(str(error), 400)
        except NoViewError:
            return _error(NO_VIEW, 503)
        except (RedisError, OSError) as error:
            return _error(words_for(error), 503)

    return answer


async def _not_served(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    response = _error({404: "no such page", 405: "only reading is possible here"}.get(status, "not possible"), status)
    # Which methods are possible.
    response.headers.update((isinstance(error, HTTPException) and error.headers) or {})
    return response


def _ready(content: bytes) -> Response:
    return Response(content, 200, HEADERS, "application/json")


def _error(why: str, status: int) -> Response:
    return Response(json(Error(why)), status, HEADERS, "application/json")
