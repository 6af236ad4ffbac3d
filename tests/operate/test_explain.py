"""`streamer score --explain LEAD`: each rule with its points, since when, until when, and the records they come from."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from streamer.model import read_model
from streamer.operate.commands import run
from streamer.operate.explain import print_card
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from topics.registry import BY_NAME

MODEL = """\
version: test
scores:
  interest: {min: 0, max: 20}
  product: {by: category}
rules:
  - {id: visit, when: page_view, points: 1}
  - {id: open, when: email_opened, points: 2, expires_after: 2h}
  - {id: click, when: email_clicked, points: 4, half_life: 1h}
  - {id: looked, when: page_view, score: product, points: 5, expires_after: 1d}
  - {id: twice, when: page_view, count: {at_least: 2, within: 1d}, points: 10}
  - {id: again, when: page_view, skip: 1, points: 3, expires_after: 1d}
  - {id: city, profile: {city: Warsaw}, points: 5}
  - {id: never, when: call, points: 1}
stages: {cold: 0, hot: 20}
"""
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR_MS = 3_600_000


def record(topic: str, hours: float, value: Any, key: str = "a") -> dict[str, Any]:
    """A line with a record, some hours after the start."""
    return {"topic": topic, "key": key, "value": value, "timestamp": START_MS + int(hours * HOUR_MS)}


LINES = [
    record("lead-profiles", 0, {"name": "Anna", "city": "Warsaw"}),
    record("page-views", 0, {"url": "/1", "category": "mens"}),
    record("page-views", 1, {"url": "/2", "category": "mens"}),
    record("page-views", 2, {"url": "/3", "category": "womens"}),
    record("email-events", 2, {"action": "opened"}),
    record("email-events", 2, {"action": "clicked"}),
]


def card(lines: list[dict[str, Any]], *, is_terminal: bool = False, hours: float = 0) -> str:
    """The card of the lead `a` after these lines, with the clock moved on to so many hours after the start."""
    partition = Partition(Engine(read_model(MODEL).model), 0)
    for offset, line in enumerate(lines):
        key, value = line["key"].encode(), orjson.dumps(line["value"])
        partition.take(BY_NAME[line["topic"]], [Record(key, value, offset, line["timestamp"])], None)
    partition.advance(START_MS + int(hours * HOUR_MS), None)
    partition.flush()
    before = partition.rows[b"a"]
    standing = partition.standing("a")
    assert standing is not None
    partition.flush()
    assert partition.rows[b"a"] == before, "looking changed the row"
    output = io.StringIO()
    print_card(standing, Console(file=output, force_terminal=is_terminal, width=160))
    return output.getvalue()


def cells(text: str) -> dict[str, list[str]]:
    """The cells of each rule of a plain card, without its name, which is the second."""
    rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.partition("\n\n")[2].splitlines()[1:]]
    return {row[1]: [row[0], *row[2:]] for row in rows}


def test_head_of_the_card() -> None:
    """Who it is, the total, the stage, each score with its sum where min or max changed it, and what came of the lead."""
    assert card(LINES).splitlines()[:6] == [
        "a (Anna)",
        "total 20, stage hot",
        "interest 20 (sum 30), product[mens] 10, product[womens] 5",
        "5 events, 1 alert; first seen 2026-01-01T00:00:00.000Z, last event 2026-01-01T02:00:00.000Z",
        "at 2026-01-01T02:00:00.000Z, by model test",
        "",
    ]


def test_every_rule_that_gives_something() -> None:
    """Points, times, since when, when time changes that, and the newest records first; rules that give nothing are left out."""
    newest = "page-views/0/3 page-views/0/2 page-views/0/1"
    at = "2026-01-0{}T0{}:00:00.000Z".format
    assert cells(card(LINES)) == {
        "visit": ["3", "interest", "3", at(1, 0), "—", newest],
        "open": ["2", "interest", "1", at(1, 2), at(1, 4), "email-events/0/4"],
        "click": ["4", "interest", "1", at(1, 2), "halves each 1h", "email-events/0/5"],
        "looked [mens]": ["10", "product", "2", at(1, 0), at(2, 0), "page-views/0/2 page-views/0/1"],
        "looked [womens]": ["5", "product", "1", at(1, 2), at(2, 2), "page-views/0/3"],
        "twice": ["10", "interest", "1", at(1, 0), at(2, 1), newest],
        "again": ["6", "interest", "2", at(1, 1), at(2, 1), "page-views/0/3 page-views/0/2"],
        "city": ["5", "interest", "1", at(1, 0), "—", "lead-profiles/0/0"],
    }


def test_it_is_as_of_now() -> None:
    """What has expired by now is gone, and what fades is shown as it is now, though nothing came."""
    later = cells(card(LINES, hours=4))
    assert "open" not in later
    assert later["click"][0] == "1"


def test_more_records_than_are_kept() -> None:
    """Evidence is bounded: three are shown, the others counted, and what came before the oldest kept is said to be so."""
    lines = [record("page-views", number, {"url": "/"}) for number in range(12)]
    _, _, times, since, _, newest = cells(card(lines))["visit"]
    assert (times, since, newest) == ("12", "before 2026-01-01T02:00:00.000Z", "page-views/0/11 page-views/0/10 page-views/0/9 +7")


def test_terminal_gets_a_table() -> None:
    """On a terminal the same stands in a table."""
    shown = card(LINES, is_terminal=True)
    assert "─" in shown
    for name, row in cells(card(LINES)).items():
        assert all(cell in shown for cell in [name, *row])


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_card_moves_no_cursor(*, is_terminal: bool) -> None:
    """What a lead or a website wrote cannot break a line, color it, or be taken for markup."""
    lines = [record("lead-profiles", 0, {"name": "[red]Eve\x1b[2J\n"}), record("page-views", 0, {"url": "/", "category": "a\nb\x07"})]
    shown = card(lines, is_terminal=is_terminal)
    assert "[red]Eve\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}" in shown
    assert "looked [a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}]" in shown
    assert "\x1b[2J" not in shown


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The card follows what the command prints else; a lead of which nothing was scored is exit code 1 and one line."""
    model, file = tmp_path / "model.yaml", tmp_path / "events.ndjson"
    model.write_text(MODEL)
    machine = record("page-views", 3, {"url": "/", "human": False}, key="bot")
    file.write_bytes(b"\n".join(map(orjson.dumps, [*LINES, machine])))
    assert run(["score", str(model), str(file), "--explain", "a"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith('{"alert_id"')
    assert "\na (Anna)\ntotal 20, stage hot\n" in printed
    for unknown in ("bot", "nobody"):
        assert run(["score", str(model), str(file), "--explain", unknown]) == 1
        error = capsys.readouterr().err
        assert error.startswith("streamer: ")
        assert f'"{unknown}"' in error
        assert error.count("\n") == 1
