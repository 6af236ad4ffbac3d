"""Fixtures of all tests: brokers for the length of the session, real and embedded."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.kafka import KafkaBroker, NoKafkaError


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[KafkaBroker]:
    """A real Kafka broker. Where Java or Maven is missing its tests are left out, but not in CI."""
    broker = KafkaBroker()
    try:
        broker.__enter__()
    except NoKafkaError as missing:
        reason = f"tests on real Kafka need Java 17 and Maven: {missing}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        yield broker
    finally:
        broker.__exit__(None, None, None)


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[str]:
    """The address of an embedded broker."""
    from streamer.operate.embedded import EmbeddedBroker

    with EmbeddedBroker() as broker:
        yield broker.address
