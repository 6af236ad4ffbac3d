"""Lines of a file: what is a record, what is not, and in which words."""

from __future__ import annotations

from io import BytesIO

import pytest

from streamer.operate.lines import Line, LineError, read_lines
from topics.limits import LINE_BYTES_MAX
from topics.registry import CALLS, LEAD_PROFILES, PAGE_VIEWS


def _one(line: str, topic_prefix: str = "") -> Line:
    (found,) = read_lines(BytesIO(line.encode() + b"\n"), topic_prefix)
    return found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ('"value": {"url": "x",  "n": 1.0}', b'{"url": "x",  "n": 1.0}'),
        ('"value": [1, 2]', b"[1, 2]"),
        ('"value": 12345678901234567890123', b"12345678901234567890123"),
        ('"value": true', b"true"),
        ('"value": "not JSON \\u00e9"', "not JSON é".encode()),
        ('"value": ""', b""),
        ('"value": null', None),
        ('"source": "somewhere"', None),
        ('"value_base64": "AP8="', b"\x00\xff"),
        ('"value_base64": ""', b""),
        ('"value": null, "value_base64": "AA=="', b"\x00"),
    ],
)
def test_value_as_the_line_gives_it(field: str, value: bytes | None) -> None:
    """JSON stays the text it is, a string is raw text, null and nothing are an empty value, base64 is any bytes."""
    assert _one(f'{{"topic": "page-views", "key": "a", "timestamp": 5, {field}}}') == Line(PAGE_VIEWS, b"a", value, 0, 5)


def test_key_may_be_absent_or_null() -> None:
    """A record without a key is a record: the scorer rejects it, not the reader of the file."""
    assert _one('{"topic": "calls", "timestamp": 0}').key is None
    assert _one('{"topic": "calls", "timestamp": 0, "key": null}').key is None
    assert _one('{"topic": "calls", "timestamp": 0, "key": "ł"}').key == "ł".encode()


def test_offsets_count_each_topics_lines_from_zero() -> None:
    """Each topic has its own offsets; blank lines have none."""
    lines = [
        b'{"topic": "calls", "timestamp": 1}\n',
        b"\n",
        b'{"topic": "lead-profiles", "timestamp": 1}\n',
        b" \r\n",
        b'{"topic": "calls", "timestamp": 1}',
    ]
    assert [(line.topic, line.offset) for line in read_lines(BytesIO(b"".join(lines)))] == [(CALLS, 0), (LEAD_PROFILES, 0), (CALLS, 1)]


def test_topic_with_or_without_its_prefix() -> None:
    """A topic is known by the contract's name and by the name it has on the broker."""
    assert _one('{"topic": "crm.calls", "timestamp": 1}', "crm.").topic is CALLS
    assert _one('{"topic": "calls", "timestamp": 1}', "crm.").topic is CALLS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x", "2: not a JSON object: "),
        ("[1]", "2: Expected `object`, got `array`; a line is an object with topic, key, value and timestamp"),
        ("{}", "2: Object missing required field `topic`"),
        ('{"topic": "calls"}', "2: Object missing required field `timestamp`"),
        ('{"topic": "lead-alerts", "timestamp": 1}', "2: topic: expected one of page-views, "),
        ('{"topic": "calls", "timestamp": 1.5}', "2: timestamp: Expected `int`"),
        ('{"topic": "calls", "timestamp": true}', "2: timestamp: Expected `int`"),
        ('{"topic": "calls", "timestamp": -1}', "2: timestamp: Expected `int` >= 0"),
        ('{"topic": "calls", "timestamp": 253402300800000}', "2: timestamp: Expected `int` <= 253402300799999"),
        ('{"topic": "calls", "timestamp": 1, "key": 7}', "2: key: Expected `str | null`"),
        ('{"topic": "calls", "timestamp": 1, "value": NaN}', "2: not a JSON object: "),
        ('{"topic": "calls", "timestamp": 1, "value_base64": "*"}', "2: value_base64: "),
        ('{"topic": "calls", "timestamp": 1, "value_base64": "é"}', "2: value_base64: "),
        ('{"topic": "calls", "timestamp": 1, "value": 1, "value_base64": "AA=="}', "2: value and value_base64: expected one of them"),
    ],
)
def test_line_that_is_no_record(line: str, words: str) -> None:
    """A line that is no record is an error with its number, after the records before it were read."""
    records = read_lines(BytesIO(b'{"topic": "calls", "timestamp": 1}\n' + line.encode()))
    assert next(records).topic is CALLS
    with pytest.raises(LineError) as refused:
        next(records)
    assert str(refused.value).startswith(words)


def test_bytes_that_are_not_utf8_are_the_records_fault() -> None:
    """Inside the value they pass through to the scorer; in a key, which is text, they are a bad line."""
    (line,) = read_lines(BytesIO(b'{"topic": "calls", "timestamp": 1, "value": {"a": "\xff"}}'))
    assert line.value == b'{"a": "\xff"}'
    with pytest.raises(LineError):
        list(read_lines(BytesIO(b'{"topic": "calls", "timestamp": 1, "key": "\xff"}')))


def test_a_line_without_end_is_not_read_for_ever() -> None:
    """A line has a length to which it is read; the longest one is a record."""
    start, end = b'{"topic": "calls", "timestamp": 1, "key": "', b'"}'
    longest = start + b"k" * (LINE_BYTES_MAX - len(start + end)) + end
    assert len(list(read_lines(BytesIO(longest)))) == 1
    with pytest.raises(LineError, match="^1: longer than 16777216 bytes$"):
        list(read_lines(BytesIO(longest + b" ")))


def test_deep_nesting_is_no_crash() -> None:
    """A value of any depth is a bad line or a record, never a crash."""
    deep = b'{"topic": "calls", "timestamp": 1, "value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    try:
        (line,) = read_lines(BytesIO(deep))
    except LineError:
        return
    assert line.value is not None
