"""What the tests on a broker share: topics, records in, records out, and workers as processes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streamer.settings import Settings
from streamer.stream.admin import ensure_topics
from streamer.stream.output import start_transactional_producer
from topics.partitions import partition_of
from topics.registry import CALLS, EMAIL_EVENTS, LEAD_PROFILES, PAGE_VIEWS, PURCHASES, TOPICS, Topic

ROOT = Path(__file__).parents[2]
WAIT_S_MAX = 60.0
COUNTING = ("tests.stream.counting_worker",)
LEADS = 200


@dataclass
class Cluster:
    """A fresh set of topics on a broker, under a prefix of its own."""

    broker: str
    partitions: int = 4
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}-")
    guarantee: str = "at_least_once"

    @property
    def app(self) -> str:
        """The consumer group of its workers."""
        return f"{self.prefix}counting"

    @property
    def settings(self) -> Settings:
        """The settings of its workers."""
        return Settings(broker=self.broker, app=self.app, partitions=self.partitions, topic_prefix=self.prefix)

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        """Makes the topics."""
        asyncio.run(ensure_topics(self.settings, list(topics)))

    def produce(self, records: Iterable[tuple[Topic, str, bytes | None, int | None]]) -> None:
        """Publishes records of (topic, key, value, timestamp in ms) by Kafka's default partitioner."""
        asyncio.run(self._produce(list(records)))

    async def _produce(self, records: list[tuple[Topic, str, bytes | None, int | None]]) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.broker, linger_ms=5) as producer:
            sent = [
                await producer.send(
                    self.prefix + topic.name,
                    value,
                    key.encode(),
                    partition=partition_of(key.encode(), self.partitions),
                    timestamp_ms=timestamp_ms,
                )
                for topic, key, value, timestamp_ms in records
            ]
            await asyncio.gather(*sent)

    def read(self, name: str) -> list[Any]:
        """All committed records of a topic, by its name with the prefix left out."""
        return asyncio.run(self._read(self.prefix + name))

    async def _read(self, topic: str) -> list[Any]:
        options = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "isolation_level": "read_committed"}
        async with AIOKafkaConsumer(bootstrap_servers=self.broker, **options) as consumer:
            partitions = [TopicPartition(topic, number) for number in range(self.partitions)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            records: list[Any] = []
            while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
                for fetched in (await consumer.getmany(timeout_ms=200)).values():
                    records += fetched
            return records

    def fence(self, number: int) -> None:
        """Takes the transactional id of a partition, as a worker does that takes it over."""

        async def take() -> None:
            await (await start_transactional_producer(self.settings, f"{self.app}-{number}")).stop()

        asyncio.run(take())

    def counts(self) -> dict[str, int]:
        """The newest count of each lead in lead-scores."""
        return {record.key.decode(): orjson.loads(record.value)["n"] for record in self.read("lead-scores")}

    def wait_for_counts(self, expected: dict[str, int]) -> None:
        """Waits until lead-scores says this; fails with the difference."""
        wait_until(lambda: self.counts() == expected, lambda: f"{sum(self.counts().values())} counted of {sum(expected.values())}")

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """A worker process; it is killed at the end of the block if it still runs."""
        worker = Worker(self)
        try:
            yield worker
        finally:
            worker.kill()


class Worker:
    """A worker process: with counting partitions, or what else the command says."""

    def __init__(
        self,
        cluster: Cluster,
        command: tuple[str, ...] = COUNTING,
        output: IO[bytes] | None = None,
        /,
        **environ: str,
    ) -> None:
        variables = {
            "STREAMER_BROKER": cluster.broker,
            "STREAMER_APP": cluster.app,
            "STREAMER_PARTITIONS": str(cluster.partitions),
            "STREAMER_TOPIC_PREFIX": cluster.prefix,
            "STREAMER_GUARANTEE": cluster.guarantee,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMER_")}
        handle, name = tempfile.mkstemp(suffix=".log")
        self._log = Path(name)
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=inherited | variables | environ,
            stdout=output,
            stderr=handle,
            stdin=subprocess.DEVNULL,
        )
        os.close(handle)
        self._said = ""

    @property
    def lines(self) -> str:
        """What the worker logged until now."""
        if self._log.exists():
            self._said = self._log.read_text()
        return self._said

    def said(self, text: str) -> bool:
        """Whether the text is in what the worker logged until now."""
        return text in self.lines

    def wait_for(self, text: str) -> None:
        """Waits until the worker logs the text."""
        wait_until(lambda: self.said(text), lambda: f"{text!r} was not said:\n{self.lines}")

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.signal(signal.SIGTERM)
        return self.exit_code()

    def exit_code(self, patience_s: float = 20) -> int:
        """Waits for the end."""
        return self.process.wait(patience_s)

    def kill(self) -> None:
        """kill -9, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._said = self.lines
        self._log.unlink(missing_ok=True)


def wait_until(done: Callable[[], bool], say: Callable[[], str], patience_s: float = WAIT_S_MAX, pause_s: float = 0.1) -> None:
    """Waits for a condition, asking again after each pause; fails with what `say` says."""
    deadline = time.monotonic() + patience_s
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError(say())
        time.sleep(pause_s)


def assignments(worker: Worker) -> list[str]:
    """The log lines of the worker's assignments."""
    return [line for line in worker.lines.split("\n") if " assigned " in line]


def owned(worker: Worker) -> set[int]:
    """The partition numbers of the worker's newest assignment."""
    if not assignments(worker):
        return set()
    text = next(word for word in assignments(worker)[-1].split() if word.startswith("partitions=")).removeprefix("partitions=")
    numbers: set[int] = set()
    for part in text.split(",") if text != "none" else ():
        low, _, high = part.partition("-")
        numbers |= set(range(int(low), int(high or low) + 1))
    return numbers


def made_up(count: int, seed: int, first_ms: int) -> list[tuple[Topic, str, bytes, int | None]]:
    """Events of many leads over several topics; time rises by a millisecond an event."""
    rng = random.Random(seed)
    topics = (PAGE_VIEWS, PAGE_VIEWS, PAGE_VIEWS, EMAIL_EVENTS, CALLS, PURCHASES, LEAD_PROFILES)
    return [(rng.choice(topics), f"lead-{rng.randrange(LEADS)}", b"x" * 100, first_ms + place) for place in range(count)]


def counted(*batches: list[tuple[Topic, str, bytes, int | None]]) -> dict[str, int]:
    """How often each lead must be counted."""
    return dict(Counter(key for batch in batches for _, key, _, _ in batch))
