"""The dashboard: nothing comes in; the routes of its pages and files leave. All data it shows comes from the HTTP API.

Its files are plain HTML, CSS and ES modules, sent as they are. None of them holds data, so that they need no login.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from streamer.web.headers import SafeHeaders

__all__ = ["SafeHeaders", "routes"]

STATIC: Final = Path(__file__).with_name("static")
GZIP_FROM_BYTES: Final = 500


class Rest(PathConvertor):
    """All that is left of a path: a lead's id may hold line breaks, where starlette's own `path` ends."""

    regex = "(?s:.*)"


register_url_convertor("rest", Rest())


def routes() -> list[BaseRoute]:
    """The pages `/`, `/alerts`, `/model`, `/leads/ID`, `/login`, and the files below `/assets`."""
    middleware = [Middleware(SafeHeaders), Middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES)]
    pages = [Route(path, _dashboard, middleware=middleware) for path in ("/", "/alerts", "/model", "/leads/{lead_id:rest}")]
    login = Route("/login", _login, middleware=middleware)
    return [*pages, login, Mount("/assets", StaticFiles(directory=STATIC), middleware=middleware)]


async def _dashboard(_: Request) -> FileResponse:
    return FileResponse(STATIC / "index.html")


async def _login(_: Request) -> FileResponse:
    return FileResponse(STATIC / "login.html")
