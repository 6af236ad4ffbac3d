"""How a lead stands comes in, a card for people leaves: every rule with its points, since when, and when that changes.

On a terminal it is a table; anywhere else it is plain aligned lines. What stands in events and profiles is shown on one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamer.score.standing import RuleStanding, Standing
from streamer.words import printable, who
from topics.alerts import LeadScores, ReasonFor
from topics.times import format_rfc3339, parse_rfc3339

EVIDENCE_SHOWN: Final = 3
NONE: Final = "—"
UNITS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000}


class Column(NamedTuple):
    """A column of the card."""

    name: str
    is_number: bool = False


COLUMNS: Final = (
    Column("points", is_number=True),
    Column("rule"),
    Column("score"),
    Column("times", is_number=True),
    Column("since"),
    Column("next change"),
    Column("newest evidence"),
)


def print_card(lead: Standing | LeadScores, console: Console) -> None:
    """Prints the card, as a table if the console is a terminal; what was published does not say what time will change."""
    standing = lead if isinstance(lead, Standing) else _published(lead)
    columns, rows = _told(COLUMNS, [_cells(rule) for rule in standing.rules])
    lines = list(_head(standing))
    if console.is_terminal:
        table = Table(box=box.SIMPLE_HEAD, title_justify="left")
        for column in columns:
            table.add_column(column.name, justify="right" if column.is_number else "left", overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(Text(lines[0], style="bold"), *map(Text, lines[1:]), table, sep="\n")
    else:
        console.file.write("\n".join([*lines, "", *aligned(columns, rows)]) + "\n")


def _published(scores: LeadScores) -> Standing:
    rules = []
    for reason in scores.reasons:
        times_ms = [parse_rfc3339(str(reference.occurred_at)) or 0 for reference in reason.evidence]
        rules.append(RuleStanding(reason, min(times_ms, default=None), reason.times > len(times_ms) > 0, None, None))
    return Standing(parse_rfc3339(scores.updated_at) or 0, scores, tuple(rules))


def _head(standing: Standing) -> Iterator[str]:
    scores = standing.scores
    yield printable(who(scores.lead_id, scores.profile))
    yield f"total {scores.total:.6g}" + (f", stage {printable(scores.stage)}" if scores.stage else "")
    yield ", ".join(_scores(scores))
    alerts = f"{scores.alerts} alert{'' if scores.alerts == 1 else 's'}"
    events = f"{scores.events} event{'' if scores.events == 1 else 's'}"
    yield f"{events}, {alerts}; first seen {scores.first_seen_at}, last event {scores.last_event_at or NONE}"
    yield f"at {format_rfc3339(standing.now_ms)}, by model {printable(scores.model_version)}"


def _scores(scores: LeadScores) -> Iterator[str]:
    """Each score, with the sum of its points where min or max changed it."""
    for name, found in scores.scores.items():
        categories = found.items() if isinstance(found, dict) else [(None, found)]
        for category, number in categories:
            of_score = [one for one in scores.reasons if one.score == name and (category is None or str(one.value) == category)]
            points = round(sum(one.points for one in of_score), 6)
            clamped = "" if points == number else f" (sum {points:.6g})"
            yield f"{printable(name if category is None else f'{name}[{category}]')} {number:.6g}{clamped}"


def _cells(rule: RuleStanding) -> list[str]:
    reason = rule.reason
    value = "" if reason.value is None else f" [{reason.value}]"
    since = NONE if rule.since_ms is None else f"{'before ' if rule.has_earlier else ''}{format_rfc3339(rule.since_ms)}"
    cells = (f"{reason.points:.6g}", reason.rule + value, reason.score, str(reason.times), since, _change(rule), _evidence(reason))
    return [printable(cell) for cell in cells]


def _change(rule: RuleStanding) -> str:
    """When time alone changes the points next, and how fast they fade."""
    fading = [] if rule.half_life_ms is None else [f"halves each {_duration(rule.half_life_ms)}"]
    turn = [] if rule.changes_ms is None else [format_rfc3339(rule.changes_ms)]
    return ", ".join(fading + turn) or NONE


def _evidence(reason: ReasonFor) -> str:
    """The newest records, the newest first, as topic/partition/offset."""
    newest = reason.evidence[::-1]
    shown = [f"{one.topic}/{one.partition}/{one.offset}" for one in newest[:EVIDENCE_SHOWN]]
    more = len(newest) - len(shown)
    return " ".join([*shown, *([f"+{more}"] if more else [])]) or NONE


def _duration(duration_ms: int) -> str:
    """`14d`, `90s`: as a model says it."""
    unit, size = next((unit, size) for unit, size in UNITS.items() if duration_ms % size == 0)
    return f"{duration_ms // size}{unit}"


def aligned(columns: Sequence[Column], rows: list[list[str]]) -> Iterator[str]:
    """A table as plain lines, the first with the columns' names."""
    lines = [[column.name for column in columns], *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    for line in lines:
        cells = zip(line, widths, columns, strict=True)
        yield "  ".join(cell.rjust(width) if column.is_number else cell.ljust(width) for cell, width, column in cells).rstrip()


def _told(columns: Sequence[Column], rows: list[list[str]]) -> tuple[list[Column], list[list[str]]]:
    """The table without the columns that say nothing of any rule."""
    told = [place for place in range(len(columns)) if not rows or any(row[place] != NONE for row in rows)]
    return [columns[place] for place in told], [[row[place] for place in told] for row in rows]
