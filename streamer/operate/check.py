"""`streamer check`: a scoring model file in; `ok` and a summary out, or every fault with its place."""

from __future__ import annotations

from pathlib import Path

import click

from streamer.model.compare import compare
from streamer.model.spec import Model
from streamer.operate.options import counted, read_model_file, read_settings


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--against", "old", metavar="OLD", type=click.Path(path_type=Path), help="Also say what changes for leads scored with OLD.")
def check(model: Path, old: Path | None) -> None:
    """Validate the scoring model in the file MODEL.

    Prints a summary and exits with 0, or prints every fault as file:line:column: key: what is wrong, and exits with 1.
    What is legal but surely not meant is a warning on stderr.

    With --against, every rule is kept (what it has observed goes on), re-scored, started anew or dropped.

    \b
    streamer check model.yaml
    streamer check model.yaml --against model-of-last-month.yaml
    """
    read_settings()
    new = read_model_file(model).model
    if old is not None:
        before = read_model_file(old).model
        for change in compare(new, before):
            click.echo(str(change))
    click.echo(f"ok: {model}: {summary(new)}")


def summary(model: Model) -> str:
    """The model in one line: its version and how much of each part it has."""
    parts = [counted(len(model.rules), "rule"), counted(len(model.scores), "score"), counted(len(model.thresholds), "threshold")]
    if model.stages:
        parts.append(counted(len(model.stages), "stage"))
    return f"version {model.version}, {', '.join(parts)}"
