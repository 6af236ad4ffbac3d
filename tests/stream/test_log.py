"""Log lines: an event and its fields in, one line out."""

from __future__ import annotations

import logging

import orjson
import pytest

from streamer.stream.log import JsonLines, TextLines, is_shown, one_line


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


def test_a_text_line_moves_no_cursor() -> None:
    """What came from outside, such as a lead's id, cannot paint or erase in the terminal that shows the log."""
    assert TextLines().format(record(lead="\x1b[2Ja\x9bb\u202e")).endswith("lead=\ufffd[2Ja\ufffdb\ufffd")


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
    with pytest.raises(AssertionError) as raised:
        raise AssertionError
    assert one_line(raised.value).startswith("AssertionError in tests.stream.test_log, line ")


def test_libraries_are_heard_only_where_a_user_can_act() -> None:
    """aiokafka says fifty times a second that a broker is away: that is said by the worker, once."""
    away = record("Unable connect to %s", name="aiokafka.client")
    away.levelno = logging.ERROR
    assert not is_shown(away)
    away.name = "aiokafkaesque"
    assert is_shown(away)
    assert is_shown(record("scored"))
