"""Log lines of the worker: an event and its fields come in; one line on stderr leaves, as text or as JSON.

A line never holds a traceback or a line break, so that `grep` finds what belongs together.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime
from traceback import walk_tb
from typing import Any, Final

import orjson
from aiokafka.errors import KafkaError

logger: Final = logging.getLogger("streamer")

# From which level others are heard. Faust's and mode's words are about Faust, and aiokafka's go on for as long as a broker is
# away; what happens is said by us, with their last words. The services of this folder are Faust's, and mode speaks in their name.
SHOWN_FROM: Final = {
    "aiokafka": logging.CRITICAL,
    "asyncio": logging.ERROR,
    "faust": logging.CRITICAL,
    "mode": logging.CRITICAL,
    "streamer.stream": logging.CRITICAL,
}


def say(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Logs one event with its fields."""
    logger.log(level, event, extra={"fields": fields})


def set_up(form: str) -> None:
    """All logging of the process goes to stderr; `form` is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    handler.addFilter(is_shown)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger.setLevel(logging.INFO)
    sys.unraisablehook = _unraisable


def _unraisable(unraisable: Any) -> None:
    """What goes wrong while something is thrown away, as a loop of Faust's whose thread still waits for the broker: of no use here."""
    logger.debug("could not be thrown away: %r", unraisable.exc_value)


def pass_over_unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception handler for the loop: aiokafka tells of one failure in many futures, and keeps some of them to itself."""
    if "future" not in context or not isinstance(context.get("exception"), KafkaError):
        loop.default_exception_handler(context)


def is_shown(record: logging.LogRecord) -> bool:
    """Whether a record becomes a line."""
    return all(record.levelno >= level for name, level in SHOWN_FROM.items() if f"{record.name}.".startswith(f"{name}."))


def _parts(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": " ".join(record.getMessage().split()),
    }
    if record.name != logger.name:
        fields["logger"] = record.name
    if record.exc_info and record.exc_info[1] is not None:
        fields["error"] = one_line(record.exc_info[1])
    return fields | getattr(record, "fields", {})


def one_line(error: BaseException) -> str:
    """An error in one line: its words, or its type where it has none; of an assertion without words also where it stands."""
    words = " ".join(str(error).split()) or type(error).__name__
    frames = list(walk_tb(error.__traceback__)) if isinstance(error, AssertionError) and not str(error) else []
    return f"{words} in {frames[-1][0].f_globals.get('__name__')}, line {frames[-1][1]}" if frames else words


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(_parts(record), default=str).decode()


class TextLines(logging.Formatter):
    """Time, level, event, then the fields as key=value."""

    def format(self, record: logging.LogRecord) -> str:
        parts = _parts(record)
        head = f"{parts.pop('time')} {parts.pop('level')} {parts.pop('event')}"
        return " ".join([head, *(f"{key}={_quoted(value)}" for key, value in parts.items())])


def _quoted(value: object) -> str:
    # An id of somebody else's moves no cursor in the terminal that shows the log.
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(str(value).split()))
    return orjson.dumps(text).decode() if " " in text or not text else text
