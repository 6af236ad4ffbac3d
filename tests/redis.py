"""A real Redis server for the tests, on a free loopback port, with nothing on disk."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from types import TracebackType
from typing import Final, Self

START_S_MAX: Final = 20


class NoRedisError(Exception):
    """Redis cannot be had here; the text says what is missing."""


class RedisServer:
    """A server for the length of a `with` block; it can be stopped and started in between, and begins empty then."""

    def __enter__(self) -> Self:
        if shutil.which("redis-server") is None:
            raise NoRedisError("redis-server was not found")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Its address as the settings take it."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Starts it, empty, and waits until it listens."""
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self._port), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline_s = time.monotonic() + START_S_MAX
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError("redis-server did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it, and what it held."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
