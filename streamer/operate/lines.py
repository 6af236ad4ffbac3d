"""Lines of a file come in (`{"topic", "key", "value", "timestamp"}`), records for the scorer leave, or the first bad line.

What a line says about its record is strict; what is inside the value is not judged here: a bad value is a rejected record.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from functools import partial
from typing import IO, Annotated, Final, NamedTuple

import msgspec

from topics.limits import LINE_BYTES_MAX
from topics.registry import INPUT_TOPICS, Topic
from topics.times import TIME_MS_MAX

NULL: Final = msgspec.Raw(b"null")
TimestampMs = Annotated[int, msgspec.Meta(ge=0, le=TIME_MS_MAX)]


class LineError(Exception):
    """A line that is no record; its text is the line's number, and what was expected."""


class Line(NamedTuple):
    """A record and the topic it is for."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    offset: int
    timestamp: int


class _Fields(msgspec.Struct, gc=False):
    topic: str
    timestamp: TimestampMs
    key: str | None = None
    # The text of the value as it stands in the line: nothing that decoding could change is changed.
    value: msgspec.Raw = NULL
    value_base64: str | None = None


_decode = msgspec.json.Decoder(_Fields).decode
_decode_text = msgspec.json.Decoder(str).decode


def read_lines(file: IO[bytes], topic_prefix: str = "") -> Iterator[Line]:
    """The records of the file's lines, blank lines left out; each topic's offsets count its own lines from 0."""
    named = {topic.name: topic for topic in INPUT_TOPICS} | {topic_prefix + topic.name: topic for topic in INPUT_TOPICS}
    offsets = dict.fromkeys(INPUT_TOPICS, 0)
    for number, line in enumerate(iter(partial(file.readline, LINE_BYTES_MAX + 1), b""), 1):
        if len(line) > LINE_BYTES_MAX:
            raise LineError(f"{number}: longer than {LINE_BYTES_MAX} bytes")
        if line.isspace():
            continue
        try:
            fields = _decode(line)
            topic = named[fields.topic]
            key = None if fields.key is None else fields.key.encode()
            value = _value(fields)
        except KeyError:
            expected = ", ".join(topic.name for topic in INPUT_TOPICS)
            raise LineError(f'{number}: topic: expected one of {expected}; got "{fields.topic}"') from None
        except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError) as error:
            raise LineError(f"{number}: {_explained(error)}") from None
        yield Line(topic, key, value, offsets[topic], fields.timestamp)
        offsets[topic] += 1


def _value(fields: _Fields) -> bytes | None:
    raw = bytes(fields.value)
    if fields.value_base64 is not None:
        if raw != b"null":
            raise ValueError("value and value_base64: expected one of them")
        return base64.b64decode(fields.value_base64.encode(), validate=True)
    if raw == b"null":
        return None
    return _decode_text(raw).encode() if raw.startswith(b'"') else raw


def _explained(error: Exception) -> str:
    if isinstance(error, binascii.Error):
        return f"value_base64: {error}"
    text = str(error)
    if isinstance(error, msgspec.ValidationError):
        what, _, place = text.partition(" - at `$.")
        return f"{place.rstrip('`')}: {what}" if place else f"{what}; a line is an object with topic, key, value and timestamp"
    if isinstance(error, msgspec.DecodeError | UnicodeError | RecursionError):
        return f"not a JSON object: {text}"
    return text
