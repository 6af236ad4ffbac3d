"""`streamer serve` as a command: what it refuses before it begins, in one line."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from streamer.operate.commands import run
from tests.stream.cluster import ROOT


def test_beyond_loopback_it_wants_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a token it does not listen for others: exit code 1, and the setting is named."""
    assert run(["serve", "--host", "0.0.0.0", "--model", str(ROOT / "model.yaml")]) == 1
    assert capsys.readouterr().err == "streamer: STREAMER_SERVE_TOKEN: needed to listen on 0.0.0.0, beyond loopback\n"


def test_port_in_use_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that another program has is exit code 1 and one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["serve", "--port", port, "--model", str(ROOT / "model.yaml")]) == 1
    assert capsys.readouterr().err == f"streamer: cannot listen on 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize("options", ["no_such=1", "socket_timeout=soon", "db=two"])
@pytest.mark.parametrize("part", ["all", "view", "api"])
def test_options_that_no_client_knows_are_said(options: str, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands behind the question mark of the Redis address is looked at before it begins; the address is not shown."""
    address = f"redis://:secret@127.0.0.1:1/0?{options}"
    assert run(["serve", "--redis", address, "--part", part, "--model", str(ROOT / "model.yaml")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("streamer: STREAMER_REDIS: the address has an option ")
    assert said.count("\n") == 1
    assert "secret" not in said


def test_a_model_that_cannot_be_read_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without its model it does not begin."""
    assert run(["serve", "--model", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml: the model cannot be read: No such file or directory\n" in capsys.readouterr().err


def test_wrong_flags_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong value of a flag is exit code 2 and names the flag; a token is not shown."""
    assert run(["serve", "--port", "70000"]) == 2
    assert "--port: expected a whole number from 1 to 65535" in capsys.readouterr().err
    assert run(["serve", "--token", "hunter2"]) == 2
    assert "hunter2" not in capsys.readouterr().err
