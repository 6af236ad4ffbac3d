"""`streamer erase`: what it publishes, and what it takes for a proof."""

from __future__ import annotations

import time
from pathlib import Path

import orjson
import pytest

from streamer.operate.commands import run
from tests.kafka import KafkaBroker
from tests.stream.cluster import wait_until
from tests.system.installation import Installation
from tests.system.story import Sent
from topics.registry import LEAD_PROFILES, PAGE_VIEWS

MODEL = """
version: erase-1
scores: {interest: {min: 0}}
rules: [{id: visit, when: page_view, points: 1}]
"""


def options(installation: Installation) -> list[str]:
    """The flags that lead to the installation."""
    return [
        *("--broker", installation.broker, "--app", installation.app),
        *("--partitions", str(installation.partitions), "--topic-prefix", installation.prefix),
    ]


@pytest.fixture
def installation(kafka_broker: KafkaBroker, tmp_path: Path) -> Installation:
    """Fresh topics, and a small model."""
    model = tmp_path / "model.yaml"
    model.write_text(MODEL)
    made = Installation(kafka_broker.address, partitions=2, model=model)
    made.create_topics()
    return made


@pytest.mark.kafka
def test_wait_proves_that_the_lead_is_gone(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    """With --wait it ends when lead-scores has a null and the row is no more than a mark; other leads stay."""
    now_ms = time.time_ns() // 1_000_000
    events = [Sent(PAGE_VIEWS, lead, b'{"url": "/a"}', now_ms) for lead in (b"anna", b"otto", b"anna")]
    profile = Sent(LEAD_PROFILES, b"anna", b'{"name": "Anna"}', now_ms)
    installation.publish([*events, profile])
    with installation.worker() as worker:
        wait_until(lambda: len(installation.scores()) == 2, lambda: worker.lines)
        assert run(["erase", "anna", "--wait", *options(installation)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith(f"{installation.prefix}lead-scores partition ")
        assert lines[1].startswith(f"{installation.prefix}{installation.app}-leads-changelog partition ")
        assert lines[0].endswith(": null")
        assert lines[1].endswith(": only the mark of the erasure")
        assert lines[2] == "ok: anna is erased"
        assert worker.stop() == 0
    newest = {record.key: record.value for record in installation.read("lead-scores")}
    assert newest[b"anna"] is None
    assert newest[b"otto"] is not None
    assert [record.value for record in installation.read("lead-profiles") if record.key == b"anna"] == [profile.value, None]
    (erasure,) = installation.read("lead-erasures")
    assert orjson.loads(erasure.value)["lead_id"] == "anna"
    assert erasure.key == b"anna"


@pytest.mark.embedded
def test_without_a_worker_nothing_is_proved(embedded_broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The request is published, but --wait fails and says what is missing; without --wait that is all there is to do."""
    installation = Installation(embedded_broker, partitions=2)
    assert run(["erase", "otto", *options(installation)]) == 1
    assert "run `streamer topics`" in capsys.readouterr().err
    installation.create_topics()
    assert run(["topics", *options(installation)]) == 0
    capsys.readouterr()
    assert run(["erase", "otto", *options(installation)]) == 0
    assert capsys.readouterr().out.startswith(f"ok: the erasure of otto is published, {installation.prefix}lead-erasures partition ")
    assert run(["erase", "otto", "--wait", "--timeout", "1", *options(installation)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"streamer: the erasure is published, but {installation.prefix}lead-scores and ")
    assert error.endswith(f"did not show it within 1 s: does a worker of the app {installation.app} run?\n")
    assert len(installation.read("lead-erasures")) == 2


def test_an_impossible_lead_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """An id that no event can have is exit code 2."""
    assert run(["erase", ""]) == 2
    assert "expected a lead id of 1 to 256 characters, got 0" in capsys.readouterr().err
    assert run(["erase", "x" * 257]) == 2
