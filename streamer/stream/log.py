"""Log lines of the worker: an event and its fields come in; one line on stderr leaves, as text or as JSON.

A line never holds a traceback or a line break, so that `grep` finds what belongs together.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from aiokafka.errors import KafkaError

logger: Final = logging.getLogger("streamer")

# What others say that a user can act on. Faust's and mode's words are about Faust; what ends the worker is said by us.
# The services of this folder are Faust's, and mode speaks in their name.
LEVELS: Final = {
    "aiokafka": logging.ERROR,
    "asyncio": logging.ERROR,
    "faust": logging.CRITICAL,
    "mode": logging.CRITICAL,
    "streamer.stream": logging.CRITICAL,
}

REPEAT_S: Final = 10.0


def say(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Logs one event with its fields."""
    logger.log(level, event, extra={"fields": fields})


def set_up(form: str) -> None:
    """All logging of the process goes to stderr; `form` is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    handler.addFilter(Seldom())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger.setLevel(logging.INFO)
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)


def pass_over_unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception handler for the loop: aiokafka tells of one failure in many futures, and keeps some of them to itself."""
    if "future" not in context or not isinstance(context.get("exception"), KafkaError):
        loop.default_exception_handler(context)


class Seldom(logging.Filter):
    """Lets the same words of a library through once in ten seconds: while a broker is away aiokafka says so fifty times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at_s: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if record.name == logger.name:
            return True
        words = (record.name, str(record.msg))
        again = record.created - self._said_at_s.get(words, 0.0) < REPEAT_S
        if not again:
            self._said_at_s[words] = record.created
        return not again


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
    """An error in one line: its words, or its type where it has none."""
    return " ".join(str(error).split()) or type(error).__name__


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
    text = " ".join(str(value).split())
    return orjson.dumps(text).decode() if " " in text or not text else text
