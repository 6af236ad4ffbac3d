"""The command `streamer`: its arguments come in, the exit code leaves. One file a command; this one only finds them.

Exit codes: 0 done, 1 a refusal or failure said in one line on stderr, 2 wrong usage.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import click

from streamer import __version__

# First what a newcomer needs first. The file of a command has its name.
COMMANDS: Final = ("demo", "check", "score", "simulate", "topics", "worker", "serve", "notify", "top", "lead", "alerts", "erase")
INTERRUPTED: Final = 128 + 2  # what a shell reports for a program ended by Ctrl-C


class Commands(click.Group):
    """The commands, each imported when it is asked for: a worker does not wait for the tables, pages and clients of the others."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"streamer.operate.{name}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 110})
@click.version_option(__version__, prog_name="streamer", message="%(prog)s %(version)s")
def streamer() -> None:
    """Scores sales leads in real time from the events in Kafka.

    Events of leads (page views, mails, calls, webinars, purchases, messages) come in on Kafka topics. A scoring
    model in YAML turns them into points; when a lead gets hot an alert says who, when and why.

    \b
    Try it, with nothing installed:   streamer demo
    Check a scoring model:            streamer check model.yaml
    Score a file, with no broker:     streamer score model.yaml events.ndjson
    On your Kafka:                    streamer topics && streamer worker
    Leads and alerts over HTTP:       streamer serve
    Who is hot, and what happened:    streamer top; streamer alerts --follow; streamer lead lead-42
    Be told of it:                    streamer notify --webhook URL

    Settings come from the environment (STREAMER_BROKER, STREAMER_MODEL, ...), each also a flag of the commands that
    use it. Exit codes: 0 done, 1 a refusal or failure said in one line on stderr, 2 wrong usage.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line and ends the process with its exit code; what a user can cause shows no traceback."""
    _mend_streams()
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    try:
        # Not click's own main(): what it makes of a closed pipe is exit code 1 without a word.
        with streamer.make_context("streamer", list(sys.argv[1:] if arguments is None else arguments)) as context:
            streamer.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        error.show()
        return 2
    except click.ClickException as error:
        _say(error.format_message())
        return 1
    except BrokenPipeError:
        # The reader of our output had enough, as `head` has.
        _drop_unwritten_output()
        return 0
    except OSError as error:
        _say(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        _drop_unwritten_output()
        return 1
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    return 0


def _say(failure: str) -> None:
    """One line on stderr, whatever is quoted in it."""
    from streamer.words import printable

    click.echo(f"streamer: {printable(failure)}", err=True)


def _mend_streams() -> None:
    """What was closed before the start (`>&-`) is empty, and a character that the output's encoding lacks is a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - it stays open, as the stream would
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _drop_unwritten_output() -> None:
    """Lets go of output that cannot be written: Python would try again at its exit, and end with a code of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
