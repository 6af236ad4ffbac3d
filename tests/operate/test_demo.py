"""`streamer demo` from outside: it shows alerts, ends by itself or by Ctrl-C, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.notify.sinks import http_sink

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.embedded


@contextmanager
def demo(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The demo in a process of its own, far from the repository's folder, with its output in a pipe."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("STREAMER_")} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-u", "-m", "streamer", "demo", *options]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, env=environ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def descendants(pid: int) -> set[int]:
    """The processes below this one, as far as /proc tells."""
    children: dict[int, set[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), set()).add(int(status.parent.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), set()) - found
        found |= below
        waiting += below
    return found


def is_running(pid: int) -> bool:
    """Whether a process still does something; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def await_end(pids: set[int]) -> None:
    """Waits a little for the end of these processes."""
    deadline = time.monotonic() + 15
    while any(map(is_running, pids)):
        assert time.monotonic() < deadline, "a process outlived the demo"
        time.sleep(0.05)


def await_leads(page: str) -> None:
    """Waits until the dashboard's server knows leads."""
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{page}/v1/leads?limit=1", timeout=5) as answer:
            if json.load(answer)["leads"]:
                return
        assert time.monotonic() < deadline, f"no leads at {page}"
        time.sleep(0.2)


def test_ends_by_itself_with_alerts_and_a_summary() -> None:
    """With --seconds it shows alerts as plain lines, ends with exit code 0, and sums up with the delays; with --webhook it posts them.

    The first lines say where the dashboard is, and its server soon knows leads.
    """
    with http_sink() as sink, demo("--seconds", "25", "--rate", "200", "--leads", "300", "--webhook", f"{sink.url}/alerts") as process:
        assert process.stdout is not None
        begun = [process.stdout.readline(), process.stdout.readline()]
        await_leads(begun[1].removeprefix("dashboard: ").strip())
        rest, _ = process.communicate(timeout=60)
    output = "".join(begun) + rest
    assert 0 < len(sink.ids()) == len(set(sink.ids()))
    assert process.returncode == 0, output
    assert re.search(r"^\d\d:\d\d:\d\d  to-\S+ ↑  lead-\d+ ", output, re.MULTILINE), output
    assert re.search(r"^[\d,]+ events of \d+ leads in \d+ s, [\d,]+ alerts$", output, re.MULTILINE), output
    assert re.search(r"^event to alert: p50 \d+ ms, p99 \d+ ms$", output, re.MULTILINE), output
    assert "hottest leads:" in output
    assert "\x1b" not in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_cleanly(number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it within seconds, with the summary and exit code 0, and no process stays."""
    with demo() as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("streamer demo: ")
        time.sleep(1)
        below = descendants(process.pid)
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
        assert process.returncode == 0, output
        assert "events of" in output
        assert "Traceback" not in output
        await_end(below)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc, which only Linux has")
def test_kill_leaves_nothing_behind() -> None:
    """Killed without a chance to clean up, it still takes the broker and the worker with it."""
    with demo() as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("streamer demo: ")
        time.sleep(1)
        below = descendants(process.pid)
        assert len(below) >= 2
        process.kill()
        await_end(below)


def test_worker_that_fails_is_said_in_one_line(tmp_path: Path) -> None:
    """When the worker ends, the demo ends too: exit code 1, and the worker's last words."""
    with demo("--seconds", "60") as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(1)
        commands = {pid: Path(f"/proc/{pid}/cmdline") for pid in descendants(process.pid)}
        workers = [pid for pid, line in commands.items() if line.exists() and line.read_bytes().endswith(b"streamer\0worker\0")]
        for pid in workers:
            if not commands[pid].read_bytes().startswith(b"/bin/sh"):
                os.kill(pid, signal.SIGKILL)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1, output
    assert re.search(r"^streamer: streamer worker ended with exit code 137: .*[a-z]", output, re.MULTILINE), output
