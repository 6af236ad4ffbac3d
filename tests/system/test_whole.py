"""20,000 events over all topics through the real worker: the oracle's alerts and scores, whatever happens to the process."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from msgspec import convert

from tests.kafka import KafkaBroker
from tests.stream.cluster import ROOT, WAIT_S_MAX, Worker, wait_until
from tests.system.conftest import PARTITIONS, Shared
from tests.system.expected import Expected, ToldScores, told_alert, told_scores
from tests.system.installation import Installation
from tests.system.story import MODEL, Sent
from topics.alerts import LeadScores
from topics.partitions import partition_of

# 20,000 events at a fraction of a worker's speed, twice after a session has ended: a crowded machine needs more than for other tests.
PATIENCE_S = 2 * WAIT_S_MAX
# Each look reads the scores of all leads from their beginning.
LOOK_S = 1.0


def test_alerts_scores_and_rejects_are_those_of_the_oracle(installation: Installation, shared: Shared, tmp_path: Path) -> None:
    """Each alert is there once with the oracle's content, each lead has its scores; `streamer score` says the same, alert ids included."""
    installation.publish(shared.records)
    with installation.worker() as worker:
        settled(installation, shared.expected())
        assert worker.stop() == 0, worker.lines
    agrees(installation, shared)
    outcome = scored_by_command(installation, shared.of_partition(0), tmp_path / "records.ndjson")
    of_worker = [orjson.loads(record.value) for record in installation.read("lead-alerts") if record.partition == 0]
    assert by_id(of_worker) == by_id([line for line in outcome if "alert_id" in line])
    rejects = [orjson.loads(record.value) for record in installation.read("rejected-events") if record.partition == 0]
    assert rejects == [line for line in outcome if "reason" in line]
    final = {lead: told_scores(scores) for lead, scores in installation.scores().items() if partition_of(lead.encode(), PARTITIONS) == 0}
    assert final == {line["lead_id"]: told_scores(convert(line, LeadScores)) for line in outcome if "events" in line}


def test_killed_in_the_middle_of_its_work_it_goes_on(installation: Installation, shared: Shared) -> None:
    """Two times kill -9 while alerts are going out: in the end there is what an undisturbed worker gives."""
    installation.publish(shared.records)
    killed_after(installation, len(shared.expected().alerts) // 10)
    killed_after(installation, len(shared.expected().alerts) // 2)
    assert len(installation.alerts()) < len(shared.expected().alerts)
    with installation.worker() as worker:
        settled(installation, shared.expected())
        assert worker.stop() == 0, worker.lines
    agrees(installation, shared)


@pytest.mark.kafka
def test_killed_in_the_middle_exactly_once_repeats_nothing(kafka_broker: KafkaBroker, shared: Shared) -> None:
    """With exactly_once a reader of committed records sees each of the oracle's alerts and rejects once."""
    installation = Installation(kafka_broker.address, PARTITIONS, guarantee="exactly_once")
    installation.create_topics()
    installation.publish(shared.records)
    killed_after(installation, len(shared.expected().alerts) // 3, moment_s=0.2)
    assert len(installation.alerts()) < len(shared.expected().alerts)
    with installation.worker() as worker:
        settled(installation, shared.expected())
        assert worker.stop() == 0, worker.lines
    agrees(installation, shared)
    assert len(installation.read("lead-alerts")) == len(installation.alerts())
    assert len(installation.read("rejected-events")) == len(installation.rejects())


def test_one_of_two_workers_leaves(installation: Installation, shared: Shared) -> None:
    """A worker that ends in the middle of its work hands it over; what two made together is what one would have made."""
    installation.publish(shared.records)
    third = len(shared.expected().alerts) // 3  # before there are workers that would stand still until it is known
    with installation.worker() as first, installation.worker() as second:
        both = (first, second)
        # Either could do it all before the other is there: they find together at a tenth of their speed.
        wait_until(lambda: any(worker.said('"assigned"') for worker in both), lambda: first.lines + second.lines)
        work_slowly(both, lambda: all(worker.said('"assigned"') for worker in both), moment_s=0.01, pause_s=0.1)
        work_slowly(both, lambda: installation.alerts_out() >= third)
        assert len(installation.alerts()) < len(shared.expected().alerts)
        for worker in both:
            worker.signal(signal.SIGCONT)
        assert first.stop() == 0, first.lines
        settled(installation, shared.expected())
        assert second.stop() == 0, second.lines
    agrees(installation, shared)


def killed_after(installation: Installation, alerts: int, moment_s: float = 0.02) -> None:
    """A worker that works until there are so many alerts, and is killed at once."""
    with installation.worker() as worker:
        worker.wait_for('"recovered"')
        work_slowly([worker], lambda: installation.alerts_out() >= alerts, moment_s)
        assert worker.process.poll() is None, worker.lines


def work_slowly(workers: Sequence[Worker], done: Callable[[], bool], moment_s: float = 0.02, pause_s: float = 0) -> None:
    """Lets workers run for moments only, until it is time for what is to happen to one of them; at the end they stand still."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        for worker in workers:
            worker.signal(signal.SIGSTOP)
        time.sleep(pause_s)
        if done():
            return
        assert time.monotonic() < deadline_s, workers[0].lines
        for worker in workers:
            worker.signal(signal.SIGCONT)
        time.sleep(moment_s)


def settled(installation: Installation, expected: Expected) -> None:
    """Waits until every lead has the scores that it must have; fails with the leads that differ."""

    def differing() -> dict[str, tuple[ToldScores | None, ToldScores | None]]:
        got = {lead: told_scores(scores) for lead, scores in installation.scores().items()}
        both = {lead: (got.get(lead), expected.scores.get(lead)) for lead in got | expected.scores}
        return {lead: (ours, theirs) for lead, (ours, theirs) in both.items() if ours != theirs}

    wait_until(lambda: not differing(), lambda: f"{len(left := differing())} leads differ: {list(left.items())[:2]}", PATIENCE_S, LOOK_S)


def agrees(installation: Installation, shared: Shared) -> None:
    """The alerts are those of the oracle, each once, and what had to be refused was refused."""
    alerts = Counter(told_alert(alert, installation.prefix) for alert in installation.alerts())
    expected = shared.expected().alerts
    assert (list((expected - alerts).elements())[:3], list((alerts - expected).elements())[:3]) == ([], [])
    refused = [(sent.topic.name, sent.key, sent.refused) for sent in shared.records if sent.refused]
    rejects = [(topic, record.key, content["reason"]) for (topic, *_), (record, content) in installation.rejects().items()]
    assert sorted(rejects) == sorted(refused)


def scored_by_command(installation: Installation, records: Sequence[Sent], file: Path) -> list[Any]:
    """What `streamer score` prints for the records of partition 0, whose offsets are the same there, up to now."""
    file.write_bytes(b"".join(map(as_line, records)))
    options = ["--app", installation.app, "--topic-prefix", installation.prefix, "--now", str(time.time_ns() // 1_000_000), "--scores"]
    command = [sys.executable, "-m", "streamer", "score", str(MODEL), str(file), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def as_line(sent: Sent) -> bytes:
    """A record for `streamer score`, its value to the byte."""
    assert sent.key is not None
    value = None if sent.value is None else base64.b64encode(sent.value).decode()
    line = {"topic": sent.topic.name, "key": sent.key.decode(), "value_base64": value, "timestamp": sent.timestamp}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def by_id(alerts: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The alerts by their ids, without the time at which they were decided."""
    return {alert["alert_id"]: {name: field for name, field in alert.items() if name != "decided_at"} for alert in alerts}
