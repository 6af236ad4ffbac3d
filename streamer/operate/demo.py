"""`streamer demo`: nothing comes in; a broker, made-up leads, a worker, the dashboard and a live view run until told to stop."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

import click

from streamer.operate.child import Child
from streamer.operate.embedded import HOST, EmbeddedBroker, EmbeddedError, EmbeddedRedis, free_port
from streamer.operate.options import Failure, FiniteRange, read_model_file, with_settings
from streamer.operate.show import PartEndedError, Show, Story
from streamer.operate.standings import Standings
from streamer.operate.topics import broker_call
from streamer.settings import PREFIX, SETTINGS, Settings

PARTITIONS: Final = 4
APP: Final = "streamer-demo"


def default_model() -> Path:
    """The model that comes with the package; in a checkout it stands at the top, where its readers look for it."""
    packaged = Path(__file__).with_name("model.yaml")
    return packaged if packaged.exists() else Path(__file__).parents[2] / "model.yaml"


@click.command()
@click.option("--leads", type=click.IntRange(1, 100_000), default=2000, show_default=True, help="How many leads there are.")
@click.option("--rate", type=FiniteRange(0.01, 20_000), default=100, show_default=True, help="Events a second.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another story.")
@click.option("--seconds", type=FiniteRange(0, min_open=True), help="Stop by itself after so many seconds.  [default: Ctrl-C stops]")
@click.option("--model", type=click.Path(path_type=Path), help="Your scoring model.  [default: the one that comes with streamer]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the dashboard.  [default: 8080, or a free one]")
@with_settings("webhook", "webhook_secret")
def demo(given: Settings, leads: int, rate: float, seed: int, seconds: float | None, model: Path | None, port: int | None) -> None:
    """Show everything at work on an embedded broker.

    Starts a Kafka-compatible broker and a Redis in memory on free local ports, creates the topics, publishes
    believable events of leads, runs a worker on them, serves the dashboard, and shows the hottest leads and the newest
    alerts as they come. It touches no broker of yours and leaves nothing behind. Not in a terminal it prints plain
    lines. With --webhook each alert is posted to an address of yours, as `streamer notify` does it.

    \b
    streamer demo
    streamer demo --seconds 60 --rate 1000 --leads 5000
    streamer demo --model my-model.yaml
    streamer demo --webhook http://127.0.0.1:8000/
    """
    started_s = time.monotonic()
    model_path = (model or default_model()).resolve()
    read_model_file(model_path)
    try:
        with EmbeddedBroker() as broker, EmbeddedRedis() as redis, ExitStack() as files:
            settings = Settings(
                broker=broker.address,
                app=APP,
                model=model_path,
                partitions=PARTITIONS,
                redis=redis.url,
                serve_port=port or _port(),
                webhook=given.webhook,
                webhook_secret=given.webhook_secret,
            )
            show = Show(settings, Story(leads, rate, seed), Standings(started_s), seconds_max=seconds)
            commands = ["worker", "serve"] + ["notify"] * (settings.webhook is not None)
            logs = {command: files.enter_context(tempfile.TemporaryFile()) for command in commands}
            try:
                broker_call(show.run(lambda: {command: start_child(settings, log, command) for command, log in logs.items()}))
            except PartEndedError as end:
                raise Failure(f"{end}: {_last_words(logs[end.command])}") from None
    except EmbeddedError as error:
        raise Failure(str(error)) from None
    click.echo(show.summary())


def start_child(settings: Settings, log: IO[bytes], command: str) -> Child:
    """A command with these settings, and no others, as a process that ends with this one."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environ |= {setting.variable: str(value) for setting in SETTINGS if (value := getattr(settings, setting.name)) is not None}
    # What is not committed ends with the broker anyway: nobody who pressed Ctrl-C has to wait for that.
    return Child([sys.executable, "-m", "streamer", command], environ=environ, output=log, stop_seconds_max=2)


def _port() -> int:
    """The port that one expects, if nobody has it."""
    usual = Settings().serve_port
    with socket.socket() as probe:
        return free_port() if probe.connect_ex((HOST, usual)) == 0 else usual


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    lines = [line.strip() for line in log.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
