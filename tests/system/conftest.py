"""Fixtures of the system tests: both brokers, the story that all tests share, and what the oracle makes of it."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

import pytest

from streamer.model import load_model
from tests.kafka import KafkaBroker
from tests.system.expected import Expected, expected
from tests.system.installation import Installation
from tests.system.story import MODEL, Sent, story
from topics.partitions import partition_of

SEED = 7
PARTITIONS = 4


@dataclass
class Shared:
    """The records of the story, and what must come of them, which the oracle works out in the background."""

    records: list[Sent]
    futures: list[Future[Expected]]

    def of_partition(self, number: int) -> list[Sent]:
        """The records of one partition."""
        return [sent for sent in self.records if partition_of(sent.key or b"", PARTITIONS) == number]

    def expected(self) -> Expected:
        """What all partitions must give."""
        found = Expected()
        for future in self.futures:
            found.alerts += future.result().alerts
            found.scores |= future.result().scores
        return found


@pytest.fixture(scope="session", autouse=True)
def shared() -> Iterator[Shared]:
    """The story, dated so that it ended some hours ago. The oracle begins with the first test of this folder."""
    now_ms = time.time_ns() // 1_000_000
    told = Shared(story(SEED, now_ms), [])
    model = load_model(MODEL).model
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        told.futures = [pool.submit(expected, model, number, told.of_partition(number), now_ms) for number in range(PARTITIONS)]
        yield told
        pool.shutdown(cancel_futures=True)


@pytest.fixture(params=[pytest.param("real", marks=pytest.mark.kafka), pytest.param("embedded", marks=pytest.mark.embedded)])
def installation(request: pytest.FixtureRequest) -> Installation:
    """Fresh topics on each of the brokers."""
    if request.param == "real":
        broker: KafkaBroker = request.getfixturevalue("kafka_broker")
        made = Installation(broker.address, PARTITIONS)
    else:
        made = Installation(request.getfixturevalue("embedded_broker"), PARTITIONS)
    made.create_topics()
    return made
