"""Records in, events or refusals out: the checks of the contract, sections 2 and 6, in their order.

A good record takes the short way: one strict decode and four comparisons. Only when something is wrong with it is it
taken apart step by step, to find the first thing that is.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from topics.events import EVENT_TYPES, Event, PageView, path_of
from topics.limits import EVENT_BYTES_MAX, FUTURE_MS_MAX, JSON_DEPTH_MAX, LEAD_ID_CHARS_MAX
from topics.registry import Topic
from topics.rejects import Reason, Refusal
from topics.times import TIME_MS_MAX, parse_rfc3339

# A number beyond the range of a float becomes infinite, and whether that is wrong is told of its field.
_decode_any = msgspec.json.Decoder(float_hook=float).decode
_AT_FIELD = re.compile(r"(?P<what>.*) - at `\$\.(?P<field>[^`]*)`")
_SURELY_FINE_BYTES = 2 * JSON_DEPTH_MAX  # a text this short cannot nest too deeply
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class EventReader:
    """Reads the records of one event topic. `extras` are fields of no struct that the scoring model wants to see."""

    def __init__(self, topic: Topic, extras: Iterable[str] = ()) -> None:
        base = EVENT_TYPES[topic]
        known = set(base.__struct_fields__)
        wanted = sorted(set(extras) - known)
        self._type: type[Event] = base
        if wanted:
            fields = [(attribute_of(name), Any, None) for name in wanted]
            rename = {attribute_of(name): name for name in wanted}
            made = msgspec.defstruct(base.__name__, fields, bases=(base,), kw_only=True, gc=False, rename=rename)
            self._type = cast(type[Event], made)
        self._decode = msgspec.json.Decoder(self._type).decode
        self._required = [field.name for field in msgspec.structs.fields(base) if field.required]
        self._is_page_view = base is PageView
        self._has_direction = "direction" in known

    def read(self, key: bytes | None, value: bytes | None, timestamp_ms: int) -> Event | Refusal:
        """The event with `lead_id`, `occurred_at` (epoch milliseconds) and defaults filled in, or why it is refused."""
        try:
            # A key or value of None takes the long way, as an AttributeError.
            lead_id = key.decode()  # type: ignore[union-attr]
            if not value.isascii():  # type: ignore[union-attr]
                value.decode()  # type: ignore[union-attr]
            event = self._decode(value)  # type: ignore[arg-type]
        except (AttributeError, ValueError, RecursionError):
            return self._refuse(key, value, timestamp_ms)
        time_ms = event.occurred_at
        if type(time_ms) is not int:
            time_ms = timestamp_ms if time_ms is None else parse_rfc3339(time_ms) if type(time_ms) is str else None
            event.occurred_at = time_ms
        if (
            time_ms is None
            or not 0 <= time_ms <= timestamp_ms + FUTURE_MS_MAX
            or time_ms > TIME_MS_MAX
            or (event.lead_id != lead_id and event.lead_id is not None)
            or not 0 < len(lead_id) <= LEAD_ID_CHARS_MAX
            or (len(value) > _SURELY_FINE_BYTES and is_oversized(value, EVENT_BYTES_MAX))  # type: ignore[arg-type]
        ):
            return self._refuse(key, value, timestamp_ms)
        event.lead_id = lead_id
        if event.human is None:
            event.human = True
        # The class that is read has these fields; Event, of which all are made, has not.
        if self._is_page_view:
            if event.path is None:  # type: ignore[attr-defined]
                event.path = path_of(event.url)  # type: ignore[attr-defined]
        elif self._has_direction and event.direction is None:  # type: ignore[attr-defined]
            event.direction = "inbound"  # type: ignore[attr-defined]
        return event

    def _refuse(self, key: bytes | None, value: bytes | None, timestamp_ms: int) -> Refusal:
        return self._check(key, value, timestamp_ms) or Refusal(Reason.NOT_JSON, "the value could not be decoded")

    def _check(self, key: bytes | None, value: bytes | None, timestamp_ms: int) -> Refusal | None:
        """The first thing that is wrong with the record, in the order of the contract; None when nothing is."""
        found = read_object(key, value, EVENT_BYTES_MAX)
        if isinstance(found, Refusal):
            return found
        lead_id, fields = found  # of a value that is not None
        return (
            check_lead(lead_id, fields) or check_time(fields, timestamp_ms) or self._check_required(fields) or self._check_types(value)  # type: ignore[arg-type]
        )

    def _check_required(self, fields: dict[str, Any]) -> Refusal | None:
        for name in self._required:
            if fields.get(name) is None:
                return Refusal(Reason.MISSING_FIELD, f"{name} is required")
        return None

    def _check_types(self, value: bytes) -> Refusal | None:
        try:
            self._decode(value)
        except msgspec.ValidationError as error:
            return bad_field(error)
        return None


def attribute_of(field: str) -> str:
    """The attribute of a read event that holds a field, whatever the field is called."""
    return field if field.isidentifier() and not keyword.iskeyword(field) and not field.startswith("_") else f"field_{field.encode().hex()}"


def read_object(key: bytes | None, value: bytes | None, bytes_max: int) -> tuple[str, dict[str, Any]] | Refusal:
    """The lead id of the key and the JSON object of the value: key, UTF-8, size, JSON, object, in this order."""
    if not key:
        return Refusal(Reason.NO_KEY, "the record has no key; the key is the lead id")
    try:
        lead_id = key.decode()
    except UnicodeDecodeError:
        return Refusal(Reason.NOT_UTF8, "the key is not UTF-8")
    if not value:
        return Refusal(Reason.NOT_JSON, "the value is empty; expected a JSON object")
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return Refusal(Reason.NOT_UTF8, f"the value is not UTF-8 at byte {error.start}")
    if len(value) > bytes_max:
        return Refusal(Reason.TOO_LARGE, f"the value has {len(value)} bytes; {bytes_max} are allowed")
    if nests_too_deeply(value):
        return Refusal(Reason.NOT_JSON, f"the value nests deeper than {JSON_DEPTH_MAX} levels")
    try:
        fields = _decode_any(value)
    except msgspec.ValidationError as error:
        return bad_field(error)
    except (ValueError, RecursionError) as error:
        return Refusal(Reason.NOT_JSON, f"the value is not JSON: {error}")
    if not isinstance(fields, dict):
        return Refusal(Reason.NOT_AN_OBJECT, f"expected a JSON object, got {json_type(fields)}")
    return lead_id, fields


def check_lead(lead_id: str, fields: dict[str, Any]) -> Refusal | None:
    """The lead id is 1 to 256 characters, and equals the key when the value names it too."""
    if len(lead_id) > LEAD_ID_CHARS_MAX:
        return Refusal(Reason.BAD_FIELD, f"lead_id: the key has {len(lead_id)} characters; {LEAD_ID_CHARS_MAX} are allowed")
    named = fields.get("lead_id")
    if named is None:
        return None
    if not isinstance(named, str) or not 0 < len(named) <= LEAD_ID_CHARS_MAX:
        return Refusal(Reason.BAD_FIELD, f"lead_id: expected a string of 1 to {LEAD_ID_CHARS_MAX} characters")
    if named != lead_id:
        return Refusal(Reason.KEY_MISMATCH, f"lead_id is {named!r}, but the record's key is {lead_id!r}")
    return None


def check_time(fields: dict[str, Any], timestamp_ms: int, name: str = "occurred_at") -> Refusal | None:
    """The field is a time, and at most 5 minutes after the record's own."""
    given = fields.get(name)
    time_ms = parse_rfc3339(given) if isinstance(given, str) else timestamp_ms if given is None else given
    if type(time_ms) is not int or time_ms < 0:
        return Refusal(Reason.BAD_TIME, f"{name}: expected an RFC 3339 time with an offset, or epoch milliseconds as an integer")
    if time_ms > timestamp_ms + FUTURE_MS_MAX:
        detail = f"{name} is {time_ms - timestamp_ms} ms after the record's timestamp; {FUTURE_MS_MAX} are allowed"
        return Refusal(Reason.FROM_THE_FUTURE, detail)
    if time_ms > TIME_MS_MAX:
        return Refusal(Reason.BAD_TIME, f"{name}: after the year 9999")
    return None


def bad_field(error: msgspec.ValidationError) -> Refusal:
    """msgspec's complaint, with the field in front."""
    located = _AT_FIELD.fullmatch(str(error))
    return Refusal(Reason.BAD_FIELD, f"{located['field']}: {located['what']}" if located else str(error))


def is_oversized(value: bytes, bytes_max: int) -> bool:
    """Whether the value is longer, or nests deeper, than is allowed."""
    return len(value) > bytes_max or nests_too_deeply(value)


def nests_too_deeply(value: bytes) -> bool:
    """Whether a JSON text nests deeper than the limit: a fixed one, so that every Python refuses the same records."""
    if value.count(b"[") + value.count(b"{") <= JSON_DEPTH_MAX:
        return False
    depth = 0
    for byte in _STRINGS.sub(b"", value):
        if byte in b"[{":
            depth += 1
            if depth > JSON_DEPTH_MAX:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def json_type(value: object) -> str:
    """The JSON name of a decoded value's type."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "something else")
