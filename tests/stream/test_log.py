"""Log lines: an event and its fields in, one line out."""

from __future__ import annotations

import logging

import orjson
import pytest

from streamer.stream.log import JsonLines, Seldom, TextLines, one_line


def record(message: str = "recovered", error: BaseException | None = None, name: str = "streamer", **fields: object) -> logging.LogRecord:
    """A log record at a fixed time."""
    made = logging.makeLogRecord({"name": name, "levelno": 20, "levelname": "INFO", "msg": message, "fields": fields})
    made.created = 1_700_000_000.125
    made.exc_info = (type(error), error, None) if error else None
    return made


def test_a_text_line_can_be_searched() -> None:
    """Time, level, event, then key=value; a value with spaces is quoted."""
    line = TextLines().format(record(partition=3, rows=1200, why="not at home"))
    assert line == '2023-11-14T22:13:20.125Z info recovered partition=3 rows=1200 why="not at home"'


def test_a_json_line_is_one_object() -> None:
    """Numbers stay numbers."""
    line = JsonLines().format(record(partition=3, seconds=0.5))
    assert orjson.loads(line) == {"time": "2023-11-14T22:13:20.125Z", "level": "info", "event": "recovered", "partition": 3, "seconds": 0.5}


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()])
def test_a_line_is_one_line(formatter: logging.Formatter) -> None:
    """Line breaks of others, and tracebacks, never reach the log."""
    line = formatter.format(record("two\nlines", error=ValueError("of\nan error"), name="aiokafka.client"))
    assert "\n" not in line
    assert "two lines" in line
    assert "of an error" in line
    assert "aiokafka.client" in line
    assert "Traceback" not in line


def test_an_error_without_words_is_named() -> None:
    """Some errors say nothing but what they are."""
    assert one_line(TimeoutError()) == "TimeoutError"


def test_libraries_do_not_repeat_themselves() -> None:
    """The same words of a library come once in ten seconds; what the worker says always comes."""
    seldom = Seldom()
    away = record("Unable connect to %s", name="aiokafka")
    assert seldom.filter(away)
    assert not seldom.filter(away)
    assert seldom.filter(record("Something else", name="aiokafka"))
    away.created += 11
    assert seldom.filter(away)
    assert all(seldom.filter(record("scored")) for _ in range(3))
