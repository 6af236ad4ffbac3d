"""The pages of a worker, /metrics and /health: its overview comes in; a small HTTP server on the loopback interface leaves.

It answers in the worker's event loop: nothing is read while it changes, and a worker that does not answer here does
nothing else either.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from streamer.stream.metrics import Page
from streamer.stream.overview import WELL, Overview

HOST: Final = "127.0.0.1"
STOP_S_MAX: Final = 1.0


class MonitorError(Exception):
    """The pages cannot be served; its text is one line for the user."""


def listening(port: int | None) -> socket.socket | None:
    """A socket that listens on the port, if there is one. MonitorError when it cannot be had."""
    if port is None:
        return None
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise MonitorError(f"STREAMER_METRICS_PORT: cannot listen on {HOST}:{port}: {os.strerror(error.errno or 0)}") from None


@asynccontextmanager
async def monitored(listener: socket.socket | None, overview: Overview, registry: CollectorRegistry) -> AsyncIterator[None]:
    """Serves the pages for the length of the block, if somebody listens."""
    if listener is None:
        yield
        return
    # A worker without pages does not wait for the import of a server.
    from aiohttp import web

    registry.register(Page(overview))
    app = web.Application()

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    async def health(request: web.Request) -> web.Response:
        found = overview.health()
        status = 200 if found["status"] in WELL else 503
        return web.Response(body=orjson.dumps(found), status=status, content_type="application/json")

    app.add_routes([web.get("/metrics", metrics), web.get("/health", health)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=STOP_S_MAX)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
