"""A lead's row: everything the scorer knows of a lead, as one value and as bytes.

The bytes are a msgpack array. Its first element is a header of fixed place and size, which recovery and the timers read
without decoding the rest.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, NamedTuple

import msgspec

from streamer.model.spec import Number
from topics.profiles import Profile

ROW_VERSION = 3
NEVER = (1 << 48) - 1
"""A time after all others that still fits six bytes."""

RuleState = list[Any]
"""What a rule keeps of a lead: [points, times, serials of its evidence, then what the kind of rule needs]."""
POINTS, TIMES, SERIALS = range(3)


class Row(msgspec.Struct, array_like=True, gc=False):
    """A lead. Times are epoch milliseconds; rules and firings are kept by the 32-bit key of what they belong to."""

    header: bytes = b""
    """See `Header`; made anew by `encode_row`."""
    first_seen_at: int = 0
    last_event_at: int = 0
    updated_at: int = 0
    """The lead's present when it was judged last."""
    due_ms: int = NEVER
    """When time alone may change something next."""
    wake_ms: int = NEVER
    """The earliest timer that is set for the lead; never later than `due_ms`."""
    born: bool = False
    """Whether the lead exists for the rules: from its first scored event or profile on."""
    events: int = 0
    alerts: int = 0
    applied: int = 0
    """Counts the records applied. Of two rows of a lead the one with more is further on; 16 bits of it number the evidence."""
    offsets: dict[int, int] = {}
    """The last applied offset by topic code."""
    ids: bytes = b""
    """64-bit digests of the newest event ids, in order of arrival."""
    sums: list[Number] = []
    """What the rules give to each score without `by`, see `numbers.Tally`; in the model's order."""
    total: Number = 0
    """The total as it was judged last."""
    rules: dict[int, RuleState] = {}
    firings: dict[int, list[Any]] = {}
    """[how often it fired, when it last did, whether it is armed] of thresholds and of rules with an alert."""
    profile: Profile = {}
    profile_at: list[int] = []
    """[offset, timestamp] of the profile's record."""
    references: bytes = b""
    """The evidence: references to records, see `evidence`."""
    categories: dict[str, dict[Any, Number | None]] = {}
    """What the rules give to each category of each score with `by`, see `numbers.Tally`; the most recent category last."""
    erased_at: int = 0
    """Up to when everything dated is dropped, since the lead asked to be forgotten; 0 when it did not, or long ago."""


class Header(NamedTuple):
    """What can be known of a row without decoding it."""

    version: int
    published: bool
    """Whether `lead-scores` has this state."""
    applied: int
    wake_ms: int
    model: int
    """Fingerprint of the model that judged it last."""


_HEADER = Struct(">B?IQI")
_pack_header = _HEADER.pack
_HEADER_START = 5  # after msgpack's heads of an array of more than 15 elements and of a short byte string
HEADER_BYTES = _HEADER_START + _HEADER.size
_encode_into = msgspec.msgpack.Encoder().encode_into
_buffer = bytearray()
decode_row = msgspec.msgpack.Decoder(Row).decode
"""The row in some bytes."""


def encode_row(row: Row, published: bool, model: int) -> bytes:
    """The row as bytes, for the table and for the changelog alike."""
    row.header = _pack_header(ROW_VERSION, published, row.applied, row.wake_ms, model)
    _encode_into(row, _buffer)
    return bytes(_buffer)  # of its exact size, which what an encoder returns need not be: rows stay for long


def read_header(data: bytes) -> Header:
    """The header of a row. Raises ValueError for what another version of the scorer wrote."""
    header = Header._make(_HEADER.unpack_from(data, _HEADER_START)) if len(data) >= HEADER_BYTES else None
    if header is None or header.version != ROW_VERSION:
        raise ValueError(f"a row in the changelog is not of version {ROW_VERSION}, which this version of streamer keeps")
    return header
