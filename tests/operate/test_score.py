"""`streamer score`: alerts and rejects in order, the same for the same file, and a clock that only the records move."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from streamer.operate.commands import run

MODEL = """\
version: test
scores:
  interest: {min: 0, max: 100}
rules:
  - {id: visit, when: page_view, points: 10}
  - {id: silence, after: {when: page_view}, without: {when: call}, within: 1h, points: 1, alert: true}
thresholds:
  - {id: hot, score: total, at: 20}
"""
START_MS = 1_767_225_600_000


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model in which the second page view makes a lead hot."""
    path = tmp_path / "model.yaml"
    path.write_text(MODEL)
    return path


def view(lead: str, seconds: int, value: object = None) -> dict[str, object]:
    """A line with a page view, some seconds after the start."""
    fields = {"url": "https://x.example/a"} if value is None else value
    return {"topic": "page-views", "key": lead, "value": fields, "timestamp": START_MS + seconds * 1000}


class Scored:
    """Runs `streamer score` on lines, and keeps what it printed."""

    def __init__(self, model: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._model, self._file, self._capsys = model, folder / "events.ndjson", capsys

    def __call__(self, lines: list[Any], *options: str, exit_code: int = 0) -> list[dict[str, Any]]:
        self._file.write_bytes(b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines))
        assert run(["score", str(self._model), str(self._file), *options]) == exit_code
        captured = self._capsys.readouterr()
        self.errors = captured.err
        return [orjson.loads(line) for line in captured.out.splitlines()]


@pytest.fixture
def scored(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Scored:
    """The command, ready to be called with lines."""
    return Scored(model, tmp_path, capsys)


def test_alerts_and_rejects_in_the_order_of_the_lines(scored: Scored) -> None:
    """What a line causes is printed before what the next one causes, alerts and rejects alike."""
    lines = [view("a", 0), view("b", 1), view("a", 2), view("a", 3, "not JSON"), view("b", 4), view("b", 5, [])]
    printed = scored(lines)
    assert [entry.get("id", entry.get("reason")) for entry in printed] == ["hot", "not-json", "hot", "not-an-object"]
    assert [entry.get("lead_id") for entry in printed] == ["a", None, "b", None]
    assert (printed[0]["trigger"]["partition"], printed[0]["trigger"]["offset"]) == (0, 2)
    assert (printed[1]["partition"], printed[1]["offset"]) == (0, 3)


def test_decided_at_is_the_clock_of_the_records(scored: Scored) -> None:
    """No wall clock is in the output: the same file gives the same bytes."""
    lines = [view("a", 0), view("a", 2)]
    (alert,) = scored(lines)
    assert alert["decided_at"] == "2026-01-01T00:00:02.000Z"
    assert scored(lines) == [alert]


def test_now_moves_the_clock_on(scored: Scored) -> None:
    """Without --now time stops at the last record; with it, what time alone decides is printed, dated when it was due."""
    assert scored([view("a", 0)]) == []
    for now in ("2026-01-01T01:00:00Z", str(START_MS + 3_600_000)):
        (alert,) = scored([view("a", 0)], "--now", now)
        assert (alert["id"], alert["occurred_at"], alert["trigger"]) == ("silence", "2026-01-01T01:00:00.000Z", None)
    assert scored([view("a", 0)], "--now", "2026-01-01T00:59:59.999Z") == []


def test_final_scores_come_last_sorted_by_lead(scored: Scored) -> None:
    """With --scores every lead's final state follows the alerts, in the order of the lead ids."""
    printed = scored([view("b", 0), view("a", 1), view("b", 2)], "--scores")
    assert [entry.get("id") for entry in printed] == ["hot", None, None]
    assert [(entry["lead_id"], entry["total"], entry["events"]) for entry in printed[1:]] == [("a", 10, 1), ("b", 20, 2)]


FADING = """\
version: test
scores: {interest: {}, product: {by: category}}
total: interest + product[mens]
rules:
  - {id: visit, when: page_view, points: 8, half_life: 1d}
  - {id: look, when: page_view, score: product, points: 4, half_life: 12h}
  - {id: twice, when: page_view, count: {at_least: 2}, points: 16, award: once, half_life: 2d}
stages: {far: 0, near: 10}
"""


def test_final_scores_are_those_of_the_end(model: Path, scored: Scored) -> None:
    """Points with a half-life have faded up to --now, or up to the newest record of any lead, also where they cross nothing."""
    model.write_text(FADING)
    lines = [view("a", 0, {"url": "/", "category": "mens"})]
    one_day_later = "2026-01-02T00:00:00Z"
    for more, options in ((lines, ("--now", one_day_later)), ([*lines, view("z", 86_400)], ())):
        printed = [entry for entry in scored(more, "--scores", *options) if entry["lead_id"] == "a"]
        *_, fell, final = printed
        assert (final["scores"], final["total"], final["stage"]) == ({"interest": 4, "product": {"mens": 1}}, 5, "far")
        assert [reason["points"] for reason in final["reasons"]] == [4, 1]
        assert (fell["kind"], fell["value"], fell["occurred_at"]) == ("stage", "far", final["updated_at"])
    (final,) = (entry for entry in scored([*lines, view("a", 0)], "--scores", "--now", "2026-01-03T00:00:00Z") if "events" in entry)
    assert (final["scores"]["interest"], final["total"]) == (4 + 8, 12.25)


def test_line_that_is_no_record_ends_it_after_what_was_before(scored: Scored) -> None:
    """A bad line is exit code 1 with file and number; what the lines before it caused was printed."""
    printed = scored([view("a", 0), b"", view("a", 2), b"nonsense", view("b", 3)], exit_code=1)
    assert [entry["id"] for entry in printed] == ["hot"]
    assert ":4: not a JSON object" in scored.errors
    assert scored.errors.startswith("streamer: ")


def test_prefix_and_app_are_settings(scored: Scored) -> None:
    """Topics may have their prefix, and another app gives other alert ids."""
    lines = [view("a", 0), {**view("a", 2), "topic": "crm.page-views"}]
    (one,) = scored(lines, "--topic-prefix", "crm.")
    (other,) = scored(lines, "--topic-prefix", "crm.", "--app", "other")
    assert one["alert_id"] != other["alert_id"]
    assert one["trigger"]["topic"] == "crm.page-views"


def test_standard_input(model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A file named - is standard input."""
    lines = b"\n".join(orjson.dumps(view("a", seconds)) for seconds in (0, 1))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
    assert run(["score", str(model), "-"]) == 0
    assert '"id":"hot"' in capsys.readouterr().out


@pytest.mark.parametrize("file", ["missing.ndjson", "."])
def test_file_that_cannot_be_read(model: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be opened is exit code 1 and one line."""
    assert run(["score", str(model), file]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"streamer: {file}: ")
    assert error.count("\n") == 1
