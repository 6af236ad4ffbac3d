"""`streamer score`: a model and a file of records in; alerts and rejects out as JSON lines, with no broker and no clock."""

from __future__ import annotations

from pathlib import Path
from typing import IO, BinaryIO, Final

import click
from rich.console import Console

from streamer.operate.explain import print_card
from streamer.operate.lines import LineError, read_lines
from streamer.operate.options import Failure, LeadId, read_model_file, with_settings
from streamer.operate.times import TIME
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from streamer.settings import Settings

# Rows touched since the last flush are live objects: written back this often, memory stays that of bytes.
LINES_A_FLUSH: Final = 10_000


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path))
@click.option(
    "--now", "now_ms", type=TIME, metavar="TIME", help="Move the clock on to this time at the end: RFC 3339, or epoch milliseconds."
)
@click.option("--scores", is_flag=True, help="Print every lead's final scores too, in the order of the lead ids.")
@click.option(
    "--explain", "explained", type=LeadId(), metavar="LEAD", help="Print a card of this lead after the run: each rule's points, and why."
)
@with_settings("app", "topic_prefix")
def score(settings: Settings, model: Path, file: Path, now_ms: int | None, scores: bool, explained: str | None) -> None:
    """Score the records of a file, with no broker.

    Reads FILE (- is standard input) and scores it with MODEL.

    Each line of FILE is one record: a JSON object with

    \b
    topic      one of the input topics, such as page-views
    key        the lead id
    value      an object (or other JSON): the value as it stands; a string: that raw text; null: an empty value
    value_base64   the value's bytes, in place of value
    timestamp  epoch milliseconds

    Alerts and rejected records are printed as JSON lines in the order they arise. Everything is partition 0, offsets
    count each topic's lines from 0, and the clock is that of the records: the same file gives the same output.

    \b
    streamer simulate --events 10000 --dry-run | streamer score model.yaml -
    streamer score model.yaml events.ndjson --explain lead-42
    """
    engine = Engine(read_model_file(model).model, app=settings.app, prefix=settings.topic_prefix)
    partition = Partition(engine, 0)
    output = click.get_binary_stream("stdout")
    with _opened(file) as lines:
        try:
            _take_all(partition, lines, settings.topic_prefix, output)
        except LineError as error:
            raise Failure(f"{file}:{error}") from None
    if now_ms is not None:
        partition.advance(now_ms, now_ms)
        _print_outputs(partition, output)
    if scores:
        for value in partition.final_scores():
            output.write(value + b"\n")
    output.flush()
    if explained is not None:
        standing = partition.standing(explained)
        if standing is None:
            raise Failure(f'{file}: expected an event or profile of the lead "{explained}" for --explain, got none that is scored')
        print_card(standing, Console())


def _opened(file: Path) -> IO[bytes]:
    try:
        return click.open_file(str(file), "rb")
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None


def _take_all(partition: Partition, lines: IO[bytes], topic_prefix: str, output: BinaryIO) -> None:
    for number, line in enumerate(read_lines(lines, topic_prefix), 1):
        # A worker decides about a record when the record is there: not before its timestamp, and never back in time.
        decided_at_ms = max(partition.now_ms, line.timestamp)
        partition.take(line.topic, [Record(line.key, line.value, line.offset, line.timestamp)], decided_at_ms)
        _print_outputs(partition, output)
        if number % LINES_A_FLUSH == 0:
            partition.flush()


def _print_outputs(partition: Partition, output: BinaryIO) -> None:
    alerts, rejects = partition.drain_alerts(), partition.drain_rejects()
    if alerts or rejects:
        for alert in alerts:
            output.write(alert[1] + b"\n")
        for reject in rejects:
            output.write(reject[1] + b"\n")
        output.flush()
