"""`streamer worker`: the settings and the model in; a running scorer until it is told to stop."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from streamer.operate.options import BROKER_SETTINGS, read_model_file, with_settings
from streamer.settings import Settings


@click.command()
@with_settings("model", "app", "partitions", "guarantee", "log", "metrics_port", *BROKER_SETTINGS)
@click.pass_context
def worker(context: click.Context, settings: Settings) -> None:
    """Run the scorer: events in, alerts out.

    Start as many workers as you like with the same --app, up to one for each partition: they share the work, and
    take over from one another. A worker stops cleanly on SIGTERM and on Ctrl-C.

    The topics must exist: run `streamer topics` first.

    \b
    STREAMER_BROKER=kafka:9092 streamer worker --model model.yaml
    """
    with _stopped_at_once():
        model = read_model_file(settings.model).model
        # Faust takes half a second to import; the other commands do not wait for it.
        from streamer.stream.worker import run_worker

    context.exit(run_worker(settings, model))


@contextmanager
def _stopped_at_once() -> Iterator[None]:
    """A worker that has not begun anything ends cleanly at a signal too."""
    before = {number: signal.signal(number, lambda number, frame: sys.exit(0)) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
