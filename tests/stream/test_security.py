"""TLS and SASL on real Kafka: who may comes in and works; who may not is told why in one line, and no secret is in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamer.settings import from_environment
from streamer.stream.admin import require_group
from streamer.stream.connection import BrokerError
from tests.stream.cluster import COUNTING, Cluster, Worker, counted, made_up
from tests.stream.secured import SECRET, SecuredBroker, secured_broker

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """A secured broker."""
    with secured_broker(tmp_path_factory.mktemp("certificates")) as broker:
        yield broker


def ends_with(cluster: Cluster, environ: dict[str, str]) -> str:
    """What a worker says that must end by itself with exit code 1, in one line, without the password."""
    worker = Worker(cluster, COUNTING, **environ)
    try:
        assert worker.exit_code(40) == 1, worker.lines
        assert worker.lines.count("\n") == 1, worker.lines
        assert worker.lines.startswith("streamer: ")
        assert SECRET not in worker.lines
        return worker.lines
    finally:
        worker.kill()


@pytest.mark.parametrize(
    ("protocol", "mechanism"),
    [
        ("SSL", ""),
        ("SASL_PLAINTEXT", "PLAIN"),
        ("SASL_PLAINTEXT", "SCRAM-SHA-256"),
        ("SASL_SSL", "PLAIN"),
        ("SASL_SSL", "SCRAM-SHA-512"),
    ],
)
def test_a_worker_works_behind_tls_and_sasl(secured: SecuredBroker, protocol: str, mechanism: str) -> None:
    """Consumer, producer, recovery and the watch all come by the same settings, and no secret is logged."""
    cluster = Cluster(secured.broker.address, partitions=2)
    cluster.create_topics()
    events = made_up(300, seed=1, first_ms=1_700_000_000_000)
    cluster.produce(events)
    worker = Worker(cluster, COUNTING, **secured.environment(protocol, mechanism))
    try:
        cluster.wait_for_counts(counted(events))
        assert worker.stop() == 0, worker.lines
        assert " warning " not in worker.lines
        assert SECRET not in worker.lines
    finally:
        worker.kill()


def test_a_wrong_password_is_said(secured: SecuredBroker) -> None:
    """The broker's own words, once."""
    cluster = Cluster(secured.broker.address)
    said = ends_with(cluster, secured.environment("SASL_SSL", "SCRAM-SHA-256", secret="wrong"))
    assert "uthentication failed" in said
    said = ends_with(cluster, secured.environment("SASL_PLAINTEXT", "PLAIN", secret="wrong"))
    assert "uthentication failed" in said


def test_an_unknown_certificate_is_said(secured: SecuredBroker) -> None:
    """A broker whose certificate nobody vouches for is not talked to."""
    other = {"STREAMER_SSL_CAFILE": str(secured.certificates / "other-ca.pem")}
    said = ends_with(Cluster(secured.broker.address), secured.environment("SASL_SSL", "PLAIN") | other)
    assert "certificate verify failed" in said


def test_rights_that_are_missing_are_said(secured: SecuredBroker) -> None:
    """A user without rights is told that it is about rights."""
    cluster = Cluster(secured.broker.address)
    cluster.create_topics()
    said = ends_with(cluster, secured.environment("SASL_SSL", "SCRAM-SHA-512", user="stranger"))
    assert "or give the user the right to describe" in said


def test_a_group_that_is_forbidden_is_said(secured: SecuredBroker) -> None:
    """A consumer would wait for ever for what it is not allowed: that is asked before."""
    settings = from_environment(secured.environment("SASL_SSL", "SCRAM-SHA-512", user="stranger"))
    with pytest.raises(BrokerError, match=r"^consumer group streamer: .*GroupAuthorizationFailedError.*; the user needs the right Read"):
        asyncio.run(require_group(settings))
    asyncio.run(require_group(from_environment(secured.environment("SASL_SSL", "SCRAM-SHA-512"))))


def test_a_file_that_is_no_certificate_is_said(secured: SecuredBroker, tmp_path: Path) -> None:
    """It is named before anything connects."""
    (tmp_path / "ca.pem").write_text("not a certificate")
    environ = secured.environment("SSL")
    said = ends_with(Cluster(secured.broker.address), environ | {"STREAMER_SSL_CAFILE": str(tmp_path / "ca.pem")})
    assert "the TLS certificate or key cannot be used" in said
    said = ends_with(Cluster(secured.broker.address), environ | {"STREAMER_SSL_CAFILE": str(tmp_path / "none.pem")})
    assert said == f"streamer: {tmp_path}/none.pem: no such file\n"
