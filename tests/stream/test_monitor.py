"""The pages of a worker on real Kafka: what they say is what it did."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.kafka import KafkaBroker
from tests.stream.cluster import COUNTING, ROOT, Cluster, Worker, counted, made_up, wait_until
from topics.registry import PAGE_VIEWS

pytestmark = pytest.mark.kafka
OUTCOMES = {"scored", "duplicate", "machine", "rejected", "forwarded", "erased", "replayed"}


@contextmanager
def monitored(cluster: Cluster) -> Iterator[tuple[Worker, str]]:
    """A worker and the address of its pages."""
    port = free_port()
    worker = Worker(cluster, COUNTING, STREAMER_METRICS_PORT=str(port))
    try:
        yield worker, f"http://127.0.0.1:{port}"
    finally:
        worker.kill()


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def health(address: str) -> tuple[int, dict[str, Any]]:
    """What /health says, with the HTTP status; 0 and nothing where nobody listens."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
            return answer.status, orjson.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, orjson.loads(error.read())
    except OSError:
        return 0, {}


def metrics(address: str) -> dict[tuple[str, str], float]:
    """The samples of /metrics by name and the value of the first label."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {(sample.name, next(iter(sample.labels.values()), "")): sample.value for family in families for sample in family.samples}


def leads(address: str) -> float:
    """How many leads' rows the worker has."""
    return sum(value for (name, _), value in metrics(address).items() if name == "streamer_leads")


def test_pages_say_what_the_worker_did(kafka_broker: KafkaBroker) -> None:
    """Starting, then live; read = scored + … + replayed; every alert, commit and row is counted, and the lag is 0 in the end."""
    cluster = Cluster(kafka_broker.address)
    cluster.create_topics()
    events = made_up(5_000, seed=1, first_ms=1_700_000_000_000)
    cluster.produce([*events, (PAGE_VIEWS, "lead-1", b"bad", None)])
    with monitored(cluster) as (worker, address):
        wait_until(lambda: health(address)[1].get("status") == "live", lambda: f"{health(address)}\n{worker.lines}")
        cluster.wait_for_counts(counted(events))
        wait_until(lambda: leads(address) == len(counted(events)), lambda: f"{leads(address)} leads\n{worker.lines}")
        status, found = health(address)
        assert status == 200
        assert found["partitions"] == dict.fromkeys("0123", "live")
        assert (found["lag"], found["broker"], found["model_version"]) == (0, "answers", "counting")
        samples = metrics(address)
        outcomes = {label: value for (name, label), value in samples.items() if name == "streamer_records_total"}
        assert outcomes == dict.fromkeys(OUTCOMES, 0.0) | {"scored": 5_000.0, "rejected": 1.0}
        assert samples["streamer_records_read_total", ""] == sum(outcomes.values())
        assert samples["streamer_alerts_total", ""] == len(cluster.read("lead-alerts"))
        rows = cluster.read(f"{cluster.app}-leads-changelog")
        written = "streamer_rows_written_total", ""
        wait_until(lambda: metrics(address)[written] == len(rows), lambda: f"{metrics(address)[written]} of {len(rows)} rows")
        samples = metrics(address)
        assert samples["streamer_row_bytes_written_total", ""] == sum(len(row.value) for row in rows)
        assert samples["streamer_bounds_bitten_total", "evidence"] == 3 * 4  # the counting partitions say 3, all of them
        assert samples["streamer_commit_seconds_count", ""] > 0
        assert samples["streamer_partitions", "live"] == 4
        assert sum(value for (name, _), value in samples.items() if name == "streamer_lag_records") == 0
        assert samples["streamer_broker_up", ""] == 1
        assert undocumented(name for name, _ in samples) == set()
        assert samples["process_resident_memory_bytes", ""] > 10_000_000
        assert worker.stop() == 0
    with monitored(cluster) as (worker, address):
        wait_until(lambda: health(address)[1].get("status") == "live", lambda: worker.lines)
        assert metrics(address)["streamer_recovery_rows_total", ""] >= len(counted(events))
        assert metrics(address)["streamer_recovery_seconds_total", ""] > 0


def test_a_port_that_is_taken_is_said_in_one_line(kafka_broker: KafkaBroker) -> None:
    """The worker ends with exit code 1 and names the setting."""
    cluster = Cluster(kafka_broker.address)
    cluster.create_topics()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        worker = Worker(cluster, COUNTING, STREAMER_METRICS_PORT=str(port))
        try:
            assert worker.exit_code() == 1
            assert worker.lines == f"streamer: STREAMER_METRICS_PORT: cannot listen on 127.0.0.1:{port}: Address already in use\n"
        finally:
            worker.kill()


def undocumented(names: Iterable[str]) -> set[str]:
    """Names that docs/operations.md does not have."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return {name for name in names if f"`{re.sub('_(bucket|count|sum)$', '', name)}`" not in page and not name.startswith("process_")}
