"""`streamer top`: the leads with the highest scores, from the broker."""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from streamer.operate.explain import Column, aligned
from streamer.operate.options import BROKER_SETTINGS, Failure, with_settings
from streamer.operate.ranking import TOTAL, Ranking, number_of
from streamer.operate.topics import broker_call
from streamer.settings import Settings
from streamer.words import main_reasons, printable, who
from topics.alerts import LeadScores, decode_scores
from topics.registry import LEAD_SCORES

COLUMNS: Final = (Column("score", is_number=True), Column("lead"), Column("stage"), Column("main reasons"))


@click.command()
@click.option("--score", "name", metavar="NAME", default=TOTAL, show_default=True, help="total, a score, or product[mens].")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many leads.")
@click.option("--json", "as_json", is_flag=True, help="Print each lead as it stands in lead-scores, one a line.")
@with_settings("partitions", *BROKER_SETTINGS)
def top(settings: Settings, name: str, limit: int, as_json: bool) -> None:
    """Show the leads with the highest scores.

    The whole topic lead-scores is read, so all that is needed is the broker.

    \b
    streamer top
    streamer top --score "product[mens]" --limit 100 --json
    """
    values = broker_call(_best(settings, name, limit))
    lines = values if as_json else aligned(COLUMNS, [_cells(decode_scores(value), name) for value in values])
    for line in lines:
        click.echo(line)


async def _best(settings: Settings, name: str, limit: int) -> list[bytes]:
    """The newest records of the leads with the highest scores."""
    from streamer.stream.admin import verify_topics
    from streamer.stream.follow import read_records, read_to_end

    await verify_topics(settings, [LEAD_SCORES])
    ranking = Ranking(name)
    console = Console(stderr=True)
    columns = (BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f} records"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("")
        async with aclosing(read_to_end(settings, [LEAD_SCORES.name])) as batches:
            async for batch in batches:
                progress.update(task, completed=batch.done, total=batch.of)
                for record in batch.records:
                    if record.key is not None:
                        ranking.take(record.key, record.value, record.partition, record.offset)
    best = ranking.best(limit)
    if not best:
        raise Failure(_nothing(ranking, name))
    records = await read_records(settings, LEAD_SCORES.name, [(place.partition, place.offset) for place in best])
    return [record.value for record in records if record.value is not None]


def _nothing(ranking: Ranking, name: str) -> str:
    if ranking.scores == {TOTAL}:
        return f"no lead has scores yet in {LEAD_SCORES.name}"
    return f'no lead has the score "{name}", expected one of {", ".join(sorted(ranking.scores))}, or product[mens] for a category'


def _cells(lead: LeadScores, name: str) -> list[str]:
    number = number_of(lead.total, lead.scores, name) or 0
    cells = (f"{number:.6g}", who(lead.lead_id, lead.profile), lead.stage or "", main_reasons(lead.reasons, lead.scores, name))
    return [printable(cell) for cell in cells]
