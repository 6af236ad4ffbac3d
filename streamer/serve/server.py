"""The two processes of `streamer serve`: settings come in; one keeps the view, the other answers, each until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import importlib
import importlib.util
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn
import uvloop
from starlette.routing import BaseRoute

from streamer.model.spec import Model
from streamer.serve.api import create_app
from streamer.serve.auth import Gate
from streamer.serve.keeper import Keeper
from streamer.serve.live import Live
from streamer.serve.reads import Reads
from streamer.serve.redis import prefix_of
from streamer.settings import Settings

GRACE_S: Final = 3
WATCH_S: Final = 0.2
GARBAGE_MIN: Final = 100_000
PAGES: Final = "streamer.web"


class Server(uvicorn.Server):
    """A server that ends with exit code 0 when it is told to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT came."""
        self.should_exit = True


def run_api(settings: Settings, model: Model, listening: socket.socket, is_kept: Callable[[], bool]) -> bool:
    """Answers until told to stop; False when it stopped because the view is kept no more."""
    return uvloop.run(_answer(settings, model, listening, is_kept))


def run_keeper(settings: Settings) -> None:
    """Keeps the view until SIGTERM or SIGINT."""
    uvloop.run(_keep(settings))


def pages() -> list[BaseRoute]:
    """The dashboard, where it is installed."""
    if importlib.util.find_spec(PAGES) is None:
        return []
    routes: list[BaseRoute] = importlib.import_module(PAGES).routes()
    return routes


async def _answer(settings: Settings, model: Model, listening: socket.socket, is_kept: Callable[[], bool]) -> bool:
    reads = Reads(settings)
    live = Live(reads, prefix_of(settings))
    config = uvicorn.Config(
        create_app(reads, live, Gate(settings), model, pages()),
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    kept = True
    while not serving.done():
        await asyncio.wait([serving], timeout=WATCH_S)
        if not server.should_exit and not is_kept():
            kept, server.should_exit = False, True
        if server.should_exit:
            # Those who watch never end by themselves.
            live.close()
    await serving
    return kept


async def _keep(settings: Settings) -> None:
    # Thousands of records are held at a time, none of them in a circle: to look for circles as often as usual is a fifth of the work.
    gc.freeze()
    gc.set_threshold(GARBAGE_MIN)
    keeping = asyncio.ensure_future(Keeper(settings).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, keeping.cancel)
    await asyncio.wait([keeping])
    if not keeping.cancelled():
        keeping.result()
