"""`streamer check`: ok with a summary, every fault with its place, and what a changed model means."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamer.operate.commands import run

MODEL = """\
version: one
scores:
  interest: {min: 0, max: 100}
rules:
  - {id: visit, when: page_view, points: 1}
  - {id: open, when: email_opened, points: 2}
thresholds:
  - {id: hot, score: total, at: 30}
stages: {cold: 0, warm: 20}
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A good model in a file."""
    path = tmp_path / "model.yaml"
    path.write_text(MODEL)
    return path


def test_good_model(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A good model is one line on stdout, with its version and the number of its parts, and exit code 0."""
    assert run(["check", str(model)]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"ok: {model}: version one, 2 rules, 1 score, 1 threshold, 2 stages\n"
    assert captured.err == ""


def test_every_fault_is_said(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad model is exit code 1, with a line for each fault that begins with file, line and column."""
    model.write_text(MODEL.replace("points: 1", "points: ten").replace("at: 30", "at: often"))
    assert run(["check", str(model)]) == 1
    captured = capsys.readouterr()
    faults = captured.err.splitlines()
    assert captured.out == ""
    assert faults[0].startswith(f"{model}:5:")
    assert faults[1].startswith(f"{model}:8:")
    assert faults[2] == f"streamer: {model} is refused: 2 faults"


def test_only_fault_is_the_failure(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A single fault is one line."""
    model.write_text(MODEL.replace("points: 1", "points: ten"))
    assert run(["check", str(model)]) == 1
    assert capsys.readouterr().err == f'streamer: {model}:5:42: rules[0].points: expected a number, got "ten"\n'


def test_warning_is_no_fault(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is legal and surely not meant is a warning on stderr; the model is still ok."""
    model.write_text(MODEL.replace("at: 30", "at: 300"))
    assert run(["check", str(model)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("ok: ")
    assert captured.err.startswith(f"warning: {model}:8:")


def test_against_an_older_model(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --against each rule of both models is named with what becomes of it."""
    new = tmp_path / "new.yaml"
    new.write_text(MODEL.replace("points: 1", "points: 5").replace("id: open, when: email_opened", "id: open, when: email_clicked"))
    assert run(["check", str(new), "--against", str(model)]) == 0
    changes = capsys.readouterr().out.splitlines()
    assert any("visit" in change for change in changes)
    assert any("open" in change for change in changes)
    assert changes[-1].startswith("ok: ")


def test_default_model_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    """The model that comes with streamer is accepted without a warning."""
    from streamer.operate.demo import default_model

    assert run(["check", str(default_model())]) == 0
    assert capsys.readouterr().err == ""
