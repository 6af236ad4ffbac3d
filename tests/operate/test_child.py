"""Child processes end with their parent, whatever ends the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from streamer.operate.child import Child


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _await_pid(file: Path) -> int:
    deadline = time.monotonic() + 10
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < deadline, "the child never said its process id"
        time.sleep(0.01)
    return int(file.read_text())


def _await_end(pid: int) -> None:
    deadline = time.monotonic() + 10
    while _alive(pid):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.01)


def test_exit_code_is_the_commands() -> None:
    """The exit code of the command is the exit code that is reported."""
    child = Child(["/bin/sh", "-c", "exit 7"])
    deadline = time.monotonic() + 10
    while child.exit_code is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child.exit_code == 7
    assert child.stop() == 7


def test_stop_lets_the_command_end_by_itself(tmp_path: Path) -> None:
    """Stopping sends SIGTERM, so that the command can clean up and choose its exit code."""
    said = tmp_path / "pid"
    child = Child(["/bin/sh", "-c", f'trap "exit 3" TERM; echo $$ > {said}; while :; do sleep 0.05; done'])
    pid = _await_pid(said)
    assert child.exit_code is None
    assert child.stop() == 3
    assert not _alive(pid)


def test_command_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    """A command that ignores SIGTERM gets SIGKILL after the time it was given, which its exit code tells."""
    said = tmp_path / "pid"
    child = Child(["/bin/sh", "-c", f'trap "" TERM; echo $$ > {said}; while :; do sleep 0.05; done'], stop_seconds_max=1)
    pid = _await_pid(said)
    assert child.stop() == 128 + signal.SIGKILL
    assert not _alive(pid)


def test_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """A parent that gets SIGKILL takes its child with it."""
    said = tmp_path / "pid"
    script = (
        "import sys, time\nfrom streamer.operate.child import Child\n"
        f"Child(['/bin/sh', '-c', 'echo $$ > {said}; exec sleep 600'])\ntime.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    try:
        pid = _await_pid(said)
    finally:
        parent.kill()
        parent.wait()
    _await_end(pid)
