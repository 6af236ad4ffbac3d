"""`streamer simulate`: numbers and a seed in; made-up events on the topics, or as lines for `streamer score`."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Final

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from streamer.operate.options import BROKER_SETTINGS, FiniteRange, counted, with_settings
from streamer.operate.simulation import SimulatedRecord
from streamer.operate.simulation import simulate as simulated
from streamer.operate.times import TIME
from streamer.operate.topics import broker_call
from streamer.settings import Settings
from topics.registry import INPUT_TOPICS
from topics.times import TIME_MS_MAX

RECORDS_A_PROGRESS: Final = 100


@click.command()
@click.option("--leads", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="How many leads there are.")
@click.option(
    "--events", type=click.IntRange(1), default=10_000, show_default=True, help="How many events they make; profiles come on top."
)
@click.option("--rate", type=FiniteRange(0, min_open=True), default=100, show_default=True, help="Events a second.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another story.")
@click.option(
    "--start", "start_ms", type=TIME, metavar="TIME", help="Time of the first event (RFC 3339 or epoch milliseconds).  [default: now]"
)
@click.option("--dry-run", "--print", "dry_run", is_flag=True, help="Print the records as lines for `streamer score`; needs no broker.")
@with_settings(*BROKER_SETTINGS)
def simulate(settings: Settings, leads: int, events: int, rate: float, seed: int, start_ms: int | None, dry_run: bool) -> None:
    """Publish made-up, believable events of leads.

    Many leads look around and leave; some come back, open mails, watch a webinar, call; a few are about to buy. Some
    events come twice or late, and some are made by programs. The same numbers, seed and start give the same records.

    Without --start the events are published as they happen, --rate a second. With --start they are dated from then
    on, --rate a second, and published as fast as the broker takes them. The topics must exist: see `streamer topics`.

    \b
    streamer simulate --leads 5000 --events 100000 --rate 500
    streamer simulate --start 2026-11-01T00:00:00Z --rate 0.05 --events 50000 --dry-run > events.ndjson
    """
    begin_ms = time.time_ns() // 1_000_000 if start_ms is None else start_ms
    if (events - 1) * 1000 > (TIME_MS_MAX - begin_ms) * rate:
        raise click.UsageError("--start, --events and --rate: expected a last event before the year 10000", click.get_current_context())
    records = simulated(leads=leads, events=events, rate=rate, seed=seed, start_ms=begin_ms)
    if dry_run:
        _print(records)
        return
    published = broker_call(_publish(settings, records, events, paced=start_ms is None))
    click.echo(f"ok: {counted(published, 'record')} published to {settings.broker}")


def _print(records: Iterator[SimulatedRecord]) -> None:
    output = sys.stdout.buffer
    for record in records:
        fields = {
            "topic": record.topic.name,
            "key": record.key.decode(),
            "value": orjson.Fragment(record.value),
            "timestamp": record.timestamp,
        }
        output.write(orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE))


async def _publish(settings: Settings, records: Iterator[SimulatedRecord], events: int, *, paced: bool) -> int:
    from streamer.stream.admin import require_topics
    from streamer.stream.publish import Publisher

    await require_topics(settings, INPUT_TOPICS)
    columns = (BarColumn(), TextColumn("{task.completed:,.0f} of about {task.total:,.0f} records"), TimeRemainingColumn())
    console = Console(stderr=True)
    published = 0
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("publish", total=events)
        async with Publisher(settings) as publisher:
            for record in records:
                if paced:
                    await until(record.timestamp)
                await publisher.send(settings.topic(record.topic.name), record.key, record.value, record.timestamp)
                published += 1
                if published % RECORDS_A_PROGRESS == 0:
                    progress.update(task, completed=min(published, events))
        progress.update(task, completed=events)
    return published


async def until(timestamp_ms: int) -> None:
    """Waits for the time of a record, if that is still ahead."""
    ahead_s = timestamp_ms / 1000 - time.time()
    if ahead_s > 0:
        await asyncio.sleep(ahead_s)
