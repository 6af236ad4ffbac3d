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

# serial, length of the packed id, form and topic code, then 6 bytes of occurred_at and 6 of offset as 8 + 4
_HEAD = Struct(">2sBBQI")
_pack_head = _HEAD.pack
_unpack_head = _HEAD.unpack_from
_HEAD_BYTES = _HEAD.size
_LENGTH, _FORM = 2, 3  # where these bytes are in the head
_HEX_CHARS, _UUID_CHARS = 32, 36
Packed = tuple[bytes, int, int, int, str | None]
_DEFAULT, _HEX, _UUID, _TEXT = 0, 1, 2, 3  # how the event id is packed; text of 256 bytes and more counts on in the form

_HEX_ENTRY = Struct(f"{_HEAD.format}{_HEX_CHARS // 2}s")
_HEX_FORMS = bytes(_HEX << 4 | code for code in range(16))


def pack_reference(serial: bytes, topic_code: int, occurred_at: int, offset: int, event_id: str | None) -> bytes:
    """A reference in 16 bytes and those of the event id; ids of 32 hex digits and UUIDs take 16."""
    if event_id is None:
        form, packed = _DEFAULT, b""
    elif len(event_id) == _HEX_CHARS:
        try:
            form, packed = _HEX, bytes.fromhex(event_id)
        except ValueError:
            packed = b""
        if packed.hex() != event_id:  # upper case, blanks, or no digits at all
            form, packed = _pack_text(event_id)
    else:
        form, packed = _pack_uuid(event_id) if len(event_id) == _UUID_CHARS else _pack_text(event_id)
    return _pack_head(serial, len(packed) & 0xFF, form << 4 | topic_code, occurred_at << 16 | offset >> 32, offset & 0xFFFFFFFF) + packed


def unpack_references(data: bytes) -> list[Packed]:
    """The references of a lead in order of arrival: serial, topic code, `occurred_at`, offset, and event id (None: the default)."""
    if len(data) % _HEX_ENTRY.size == 0 and not data[_FORM :: _HEX_ENTRY.size].translate(None, _HEX_FORMS):
        entries = _HEX_ENTRY.iter_unpack(data)  # all of them with ids of 32 hex digits, as most producers make them
        return [(serial, form & 0xF, high >> 16, (high & 0xFFFF) << 32 | low, id_.hex()) for serial, _, form, high, low, id_ in entries]
    return [(data[start : start + SERIAL_BYTES], *_unpack(data, start, end)) for start, end in _entries(data)]


def serials_of(data: bytes) -> set[bytes]:
    """The serials of a lead's references."""
    return {data[start : start + SERIAL_BYTES] for start, _ in _entries(data)}


def _unpack(data: bytes, start: int, end: int) -> tuple[int, int, int, str | None]:
    _, _, form_and_code, high, low = _unpack_head(data, start)
    form, packed = form_and_code >> 4, data[start + _HEAD_BYTES : end]
    return form_and_code & 0xF, high >> 16, (high & 0xFFFF) << 32 | low, packed.hex() if form == _HEX else _unpack_id(form, packed)


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


def _pack_uuid(event_id: str) -> tuple[int, bytes]:
    try:
        packed = bytes.fromhex(event_id.replace("-", ""))
    except ValueError:
        return _pack_text(event_id)
    return (_UUID, packed) if _unpack_id(_UUID, packed) == event_id else _pack_text(event_id)


def _pack_text(event_id: str) -> tuple[int, bytes]:
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
