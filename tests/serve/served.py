"""A running `streamer serve` for the tests: a broker and a Redis come in; what its API answers leaves."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson
from aiokafka import AIOKafkaProducer

from tests.stream.cluster import ROOT, Cluster, wait_until
from topics.partitions import partition_of
from topics.registry import LEAD_ALERTS, LEAD_SCORES, Topic


class Answer(NamedTuple):
    """A status and the JSON that came with it."""

    status: int
    content: Any


class Event(NamedTuple):
    """A server-sent event, and when it came."""

    kind: str
    id: str
    data: Any
    at_s: float


@dataclass
class Served(Cluster):
    """Topics of its own, and `streamer serve` on them; `with` it runs."""

    redis: str = ""
    partitions: int = 4
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def app(self) -> str:
        """The name of the application."""
        return f"{self.prefix}app"

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """The process; it is told to stop at the end of the block."""
        self.port = self.port or free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMER_")}
        settings = {
            "STREAMER_BROKER": self.broker,
            "STREAMER_APP": self.app,
            "STREAMER_TOPIC_PREFIX": self.prefix,
            "STREAMER_REDIS": self.redis,
            "STREAMER_SERVE_PORT": str(self.port),
        }
        command = [sys.executable, "-m", "streamer", "serve", *self.options]
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=inherited | settings | self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                wait_until(lambda: process.poll() is not None or listens(self.port), lambda: f"it does not listen: {told(log)}")
                yield process
            except BaseException:
                sys.stderr.write(told(log))
                raise
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)

    def publish(self, topic: Topic, key: str, *values: bytes | None) -> None:
        """Publishes values of one key, now."""
        self.publish_all((topic, key, value) for value in values)

    def publish_all(self, records: Iterable[tuple[Topic, str, bytes | None]]) -> None:
        """Publishes records, by Kafka's default partitioner."""
        asyncio.run(self._publish_all(list(records)))

    async def _publish_all(self, records: list[tuple[Topic, str, bytes | None]]) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.broker, linger_ms=5) as producer:
            sent = [
                await producer.send(self.prefix + topic.name, value, key.encode(), partition=partition_of(key.encode(), self.partitions))
                for topic, key, value in records
            ]
            await asyncio.gather(*sent)

    def create(self) -> None:
        """Makes the two topics that it reads."""
        self.create_topics([LEAD_ALERTS, LEAD_SCORES])

    def get(self, path: str, /, **given: str) -> Answer:
        """What the API answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", quote(path) + (f"?{urlencode(given)}" if given else ""))
            response = connection.getresponse()
            return Answer(response.status, orjson.loads(response.read()))
        finally:
            connection.close()

    def totals(self, **given: str) -> dict[str, float]:
        """The leads of one page with their totals; nothing while there is no view."""
        answer = self.get("/v1/leads", **given)
        return {lead["lead_id"]: lead["total"] for lead in answer.content["leads"]} if answer.status == 200 else {}

    def wait_for(self, expected: dict[str, float], **given: str) -> None:
        """Waits until the leads are these."""
        wait_until(lambda: self.totals(**given) == expected, lambda: f"{self.totals(**given)}, {self.get('/health')}")

    def wait_for_health(self, status: str) -> Answer:
        """Waits until the health is so."""
        wait_until(lambda: self.get("/health").content["status"] == status, lambda: str(self.get("/health")))
        return self.get("/health")

    def events(self, after: str | None = None) -> Generator[Event, None, None]:
        """The server-sent events as they come; close it when you had enough."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", "/v1/alerts/stream", headers={"Last-Event-ID": after} if after else {})
            response = connection.getresponse()
            assert response.headers["content-type"].startswith("text/event-stream")
            fields: dict[str, str] = {}
            while line := response.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    yield Event(fields["event"], fields.get("id", ""), orjson.loads(fields["data"]), time.time())
                    fields = {}
        finally:
            connection.close()


def told(log: Any) -> str:
    """What the process said."""
    log.seek(0)
    return str(log.read().decode(errors="replace"))


def free_port() -> int:
    """A free port of the loopback interface."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
