"""A whole read side for the dashboard: a broker and a Redis come in; `streamer serve` runs on topics of its own, at an address."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import orjson
from aiokafka import AIOKafkaProducer

from streamer.operate.child import Child

ROOT: Final = Path(__file__).parents[2]
MODEL: Final = ROOT / "model.yaml"
PARTITIONS: Final = 2
SECONDS_MAX: Final = 30

T = TypeVar("T")


class Publisher:
    """Publishes from any thread, also from one that a browser keeps busy."""

    def __init__(self, broker: str) -> None:
        self._broker = broker

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._producer = self._run(self._begin())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._run(self._producer.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def publish(self, topic: str, key: str, value: bytes | None) -> None:
        """Publishes one record; the broker has it on return."""
        self._run(self._producer.send_and_wait(topic, value, key.encode()))

    async def _begin(self) -> Any:
        producer = AIOKafkaProducer(bootstrap_servers=self._broker, acks="all")
        await producer.start()
        return producer

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS_MAX)


class Site:
    """`streamer serve` with its own topics and view, for the length of a `with` block; it can be stopped and started in between."""

    def __init__(self, publisher: Publisher, broker: str, redis_url: str, *, model: Path = MODEL, token: str | None = None) -> None:
        self.app = f"web{uuid.uuid4().hex[:8]}"
        self.token = token
        self._publisher = publisher
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("STREAMER_")} | {
            "STREAMER_BROKER": broker,
            "STREAMER_REDIS": redis_url,
            "STREAMER_APP": self.app,
            "STREAMER_TOPIC_PREFIX": f"{self.app}-",
            "STREAMER_PARTITIONS": str(PARTITIONS),
            "STREAMER_MODEL": str(model),
        }
        if token is not None:
            self._environ["STREAMER_SERVE_TOKEN"] = token

    def __enter__(self) -> Self:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "streamer", "serve", "--port", str(port)]
        made = subprocess.run([sys.executable, "-m", "streamer", "topics"], env=self._environ, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it on its port and waits until its view is up to date."""
        self._log = tempfile.TemporaryFile()
        self._process = Child(self._command, environ=self._environ, output=self._log)
        try:
            self.wait(lambda: self.get("/health").get("status") == "ok")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends it; topics and view stay."""
        self._process.__exit__(None, None, None)
        self._log.close()

    def publish(self, topic: str, lead_id: str, value: bytes | None) -> None:
        """Publishes one record to a topic of the contract."""
        self._publisher.publish(f"{self.app}-{topic}", lead_id, value)

    def get(self, path: str) -> dict[str, Any]:
        """What the API answers; nothing while it cannot be reached or is not ready."""
        request = urllib.request.Request(self.url + path, headers={"authorization": f"Bearer {self.token}"} if self.token else {})
        with contextlib.suppress(OSError, urllib.error.HTTPError), urllib.request.urlopen(request, timeout=5) as response:
            found: dict[str, Any] = orjson.loads(response.read())
            return found
        return {}

    def wait(self, done: Callable[[], bool]) -> None:
        """Waits until it is so."""
        deadline_s = time.monotonic() + SECONDS_MAX
        while not done():
            if self._process.exit_code is not None or time.monotonic() > deadline_s:
                self._log.seek(0)
                raise AssertionError(f"streamer serve did not come so far; its log: {self._log.read()[-3000:].decode(errors='replace')}")
            time.sleep(0.05)
