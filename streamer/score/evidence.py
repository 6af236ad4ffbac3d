"""Evidence: which records a rule's points come from.

A lead keeps each reference once, in one packed string, under a serial of 16 bits; a rule keeps the serials of its newest
ones. Bounds: `EVIDENCE_REFS_MAX` a rule, `EVIDENCE_BYTES_MAX` a lead (contract, section 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct

from topics.limits import EVIDENCE_BYTES_MAX, EVIDENCE_REFS_MAX

SERIAL_BYTES = 2
SERIALS_BYTES_MAX = SERIAL_BYTES * EVIDENCE_REFS_MAX
PRUNED_BYTES = EVIDENCE_BYTES_MAX * 13 // 16  # pruning to less than the most spares the next events a pruning each

_HEAD = Struct(">2sBB6s6s")  # serial, length of the packed id, form and topic code, occurred_at, offset
_unpack_head = _HEAD.unpack_from
_HEAD_BYTES = _HEAD.size
_LENGTH, _FORM = 2, 3  # where these bytes are in the head
_DEFAULT, _HEX, _UUID, _TEXT = 0, 1, 2, 3  # how the event id is packed; text of 256 bytes and more counts on in the form


def pack_reference(serial: bytes, topic_code: int, occurred_at: int, offset: int, event_id: str | None) -> bytes:
    """A reference in 16 bytes and those of the event id; ids of 32 hex digits and UUIDs take 16."""
    if event_id is None:
        form, packed = _DEFAULT, b""
    else:
        form, packed = _pack_id(event_id)
    return serial + bytes((len(packed) & 0xFF, form << 4 | topic_code)) + (occurred_at << 48 | offset).to_bytes(12, "big") + packed


def unpack_references(data: bytes) -> Iterator[tuple[bytes, int, int, int, str | None]]:
    """The references of a lead in order of arrival: serial, topic code, `occurred_at`, offset, and event id (None: the default)."""
    for start, end in _entries(data):
        serial, _, form_and_code, occurred_at, offset = _unpack_head(data, start)
        packed = data[start + _HEAD_BYTES : end]
        form = form_and_code >> 4
        event_id = packed.hex() if form == _HEX else _unpack_id(form, packed)
        yield serial, form_and_code & 0xF, int.from_bytes(occurred_at, "big"), int.from_bytes(offset, "big"), event_id


def serials_in(serials: bytes) -> list[bytes]:
    """A rule's serials, oldest first."""
    return [serials[start : start + SERIAL_BYTES] for start in range(0, len(serials), SERIAL_BYTES)]


def prune(data: bytes, held: Iterable[bytes]) -> tuple[bytes, bool]:
    """The references whose serials a rule holds, the oldest of them going until `PRUNED_BYTES` are left; and whether any had to."""
    wanted = set(held)
    kept = [data[start:end] for start, end in _entries(data) if data[start : start + SERIAL_BYTES] in wanted]
    size = sum(map(len, kept))
    first = 0
    while size > PRUNED_BYTES:
        size -= len(kept[first])
        first += 1
    return b"".join(kept[first:]), first > 0


def _entries(data: bytes) -> Iterator[tuple[int, int]]:
    start, size = 0, len(data)
    while start < size:
        form = data[start + _FORM] >> 4
        end = start + _HEAD_BYTES + data[start + _LENGTH] + (256 * (form - _TEXT) if form > _TEXT else 0)
        yield start, end
        start = end


def _pack_id(event_id: str) -> tuple[int, bytes]:
    length = len(event_id)
    try:
        if length == 32:
            packed = bytes.fromhex(event_id)
            if packed.hex() == event_id:
                return _HEX, packed
        elif length == 36:
            packed = bytes.fromhex(event_id.replace("-", ""))
            if _unpack_id(_UUID, packed) == event_id:
                return _UUID, packed
    except ValueError:
        pass  # not hexadecimal
    text = event_id.encode()
    return _TEXT + (len(text) >> 8), text


def _unpack_id(form: int, packed: bytes) -> str | None:
    if form == _DEFAULT:
        return None
    if form == _HEX:
        return packed.hex()
    if form == _UUID:
        digits = packed.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return packed.decode()
