"""For all tests: brokers for the length of the session, real and embedded, and how many examples property tests try."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.kafka import KafkaBroker, NoKafkaError
from tests.redis import NoRedisError, RedisServer

# HYPOTHESIS_PROFILE=ci tries more.
settings.register_profile("dev", deadline=None, max_examples=120, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), max_examples=600)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


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


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real Redis; a test that stops it starts it again. Where redis-server is missing its tests are left out, but not in CI."""
    server = RedisServer()
    try:
        server.__enter__()
    except NoRedisError as missing:
        reason = f"tests on real Redis need it: {missing}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        yield server
    finally:
        server.__exit__(None, None, None)
