"""The command line: exit codes, one-line failures, help worth reading, and no traceback for what a user can cause."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from streamer import __version__
from streamer.operate.commands import run
from streamer.operate.topics import broker_call

COMMANDS = ("demo", "check", "score", "simulate", "topics", "worker", "serve", "notify", "top", "lead", "alerts", "erase")
NO_BROKER = "127.0.0.1:1"
READERS = [[*name, "--broker", NO_BROKER] for name in (["top"], ["lead", "x"], ["alerts"], ["notify", "--webhook", "http://127.0.0.1:1"])]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the name and the version."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"streamer {__version__}\n"


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` shows every command with a line of its own, in the order a newcomer needs them."""
    assert run(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    listed = [line.split()[0] for line in lines[lines.index("Commands:") + 1 :]]
    assert tuple(listed) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself, with an example that begins with `streamer` or a setting."""
    assert run([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Usage: streamer {command}" in text
    assert f"\n  streamer {command}" in text or f" streamer {command}" in text.split("Options:")[0].split("\n", 1)[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["check"],
        ["score", "model.yaml"],
        ["topics", "--partitions", "x"],
        ["topics", "--replication-factor", "0"],
        ["worker", "--broker", "no-port"],
        ["simulate", "--rate", "0"],
        ["simulate", "--leads", "-1"],
        ["simulate", "--rate", "nan"],
        ["simulate", "--rate", "inf"],
        ["simulate", "--dry-run", "--rate", "1e-320"],
        ["simulate", "--dry-run", "--start", "9999-12-31T23:59:59Z"],
        ["simulate", "--dry-run", "--events", "1" + "0" * 400],
        ["simulate", "--start", "yesterday"],
        ["demo", "--rate", "nan"],
        ["demo", "--seconds", "nan"],
        ["erase", "x", "--timeout", "nan"],
        ["lead", ""],
        ["lead", "\udcff"],
        ["alerts", "--lead", "\udcff"],
        ["score", "model.yaml", os.devnull, "--explain", "\udcff"],
        ["demo", "--seconds", "0"],
        ["check", "model.yaml", "--unknown"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage is exit code 2, with the reason on stderr and nothing on stdout."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert "Error: " in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "missing.yaml", "-"], "streamer: missing.yaml: the model cannot be read: No such file or directory"),
        (["worker", "--model", "missing.yaml"], "streamer: missing.yaml: the model cannot be read: No such file or directory"),
        (["demo", "--model", "missing.yaml"], "missing.yaml: the model cannot be read: No such file or directory"),
        (["check", "missing.yaml"], "streamer: missing.yaml: the model cannot be read: No such file or directory"),
        (
            ["check", "two\nlines\x1b[2J"],
            "streamer: two\N{REPLACEMENT CHARACTER}lines\N{REPLACEMENT CHARACTER}[2J: the model cannot be read: ",
        ),
        (["topics", "--broker", NO_BROKER], f"streamer: no Kafka broker answers at {NO_BROKER}: "),
        *((name, f"streamer: no Kafka broker answers at {NO_BROKER}: ") for name in READERS),
        (["simulate", "--broker", NO_BROKER], f"streamer: no Kafka broker answers at {NO_BROKER}: "),
        (["topics", "--security-protocol", "SSL", "--ssl-cafile", "missing.pem"], "streamer: missing.pem: no such file"),
    ],
)
def test_failure_is_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be done is exit code 1, said in one line on stderr."""
    assert run(arguments) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.parametrize(
    "arguments", [["check", "model.yaml"], ["score", "model.yaml", "-"], ["topics"], ["simulate"], ["worker"], ["demo"]]
)
def test_wrong_environment_is_refused_by_every_command(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped STREAMER_* stops every command with the setting that was meant."""
    monkeypatch.setenv("STREAMER_TOPICPREFIX", "x")
    assert run(arguments) == 1
    assert capsys.readouterr().err == "streamer: STREAMER_TOPICPREFIX: unknown setting, did you mean STREAMER_TOPIC_PREFIX?\n"


def test_reader_that_had_enough_is_no_failure() -> None:
    """When the reader of the output closes the pipe, as `head` does, the command ends quietly with exit code 0."""
    command = [sys.executable, "-m", "streamer", "simulate", "--dry-run", "--events", "20000", "--start", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("arguments", [["check", "model.yaml"], ["score", "model.yaml", "-"], ["simulate", "--dry-run", "--events", "1"]])
def test_stream_that_is_closed_from_the_start_is_an_empty_one(arguments: list[str], closed: str) -> None:
    """As cron jobs and services may start it: nothing to read, nowhere to write, and no traceback."""
    command = ["/bin/sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-m", "streamer", *arguments]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, cwd=Path(__file__).parents[2], check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_character_that_the_output_cannot_show_is_a_question_mark() -> None:
    """An arrow or a name that the terminal's encoding lacks ends no command."""
    record = {"topic": "lead-profiles", "key": "zoë-→", "value": {"name": "Zoë → Łódź"}, "timestamp": 0}
    command = [sys.executable, "-m", "streamer", "score", "model.yaml", "-", "--explain", "zoë-→"]
    environ = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    root = Path(__file__).parents[2]
    done = subprocess.run(command, input=orjson.dumps(record), capture_output=True, env=environ, cwd=root, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "zoë-? (Zoë ? ?ód?)".encode("latin-1") in done.stdout


def test_conversation_that_never_began_says_nothing(recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before the first word to the broker leaves no coroutine that complains."""

    async def call() -> None:
        raise AssertionError("it must not run")

    def interrupted(_call: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        broker_call(call())
    gc.collect()
    assert not recwarn.list


@pytest.mark.parametrize("events", [1, 10, 100, 1000])
def test_full_disk_is_one_line(events: int) -> None:
    """An output that cannot be written is a failure in one line, whether it is noticed while writing or at the end."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full to stand for a full disk")
    with full.open("wb") as output:
        command = [sys.executable, "-m", "streamer", "simulate", "--dry-run", "--events", str(events), "--start", "0"]
        buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, env=buffered, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"streamer: ")
