"""Requests of the application without a server: a path and headers come in, the answer leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import orjson
from starlette.applications import Starlette

from streamer.model import load_model
from streamer.serve.api import create_app
from streamer.serve.auth import Gate
from streamer.serve.live import Live
from streamer.serve.reads import Reads
from streamer.serve.redis import prefix_of
from streamer.settings import Settings
from tests.stream.cluster import ROOT

NONE: Mapping[str, str] = {}
model = cache(lambda: load_model(ROOT / "model.yaml").model)


class Told(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        """Its JSON."""
        return orjson.loads(self.body)


def application(settings: Settings) -> tuple[Starlette, Reads]:
    """The application with the demo's model, and what has to be closed after it."""
    reads = Reads(settings)
    return create_app(reads, Live(reads, prefix_of(settings)), Gate(settings), model(), []), reads


def asked(settings: Settings, path: str, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] = NONE) -> Told:
    """The answer to one request."""

    async def run() -> Told:
        app, reads = application(settings)
        try:
            return await ask(app, path, method, body, headers)
        finally:
            await reads.close()

    return asyncio.run(run())


async def ask(app: Starlette, path: str, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] = NONE) -> Told:
    """One request of an application."""
    parts = urlsplit(path)
    given = {"host": "127.0.0.1:8080"} | dict(headers)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Told(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))
