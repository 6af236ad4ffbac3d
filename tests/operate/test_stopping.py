"""`streamer worker` and the signals that end it: exit code 0 from its first steps to its last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stream.cluster import ROOT, Cluster, Worker


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_has_not_begun_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """It reads its model, which nobody writes, and has joined no group yet."""
    model = tmp_path / "model.yaml"
    os.mkfifo(model)
    with subprocess.Popen([sys.executable, "-m", "streamer", "worker", "--model", model], cwd=ROOT, stderr=subprocess.PIPE) as process:
        with model.open("w"):  # waits until it is read
            process.send_signal(number)
            assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.embedded
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_that_come_while_it_ends_change_nothing(embedded_broker: str, number: signal.Signals) -> None:
    """A terminal and a launcher may both pass on the same Ctrl-C."""
    cluster = Cluster(embedded_broker, partitions=1)
    cluster.create_topics()
    worker = Worker(cluster, ("streamer", "worker"), STREAMER_MODEL=str(ROOT / "model.yaml"))
    try:
        worker.wait_for("caught up")
        while worker.process.poll() is None:
            worker.signal(number)
            time.sleep(0.005)
        assert worker.process.returncode == 0, worker.lines
        assert worker.said("stopped")
    finally:
        worker.kill()
