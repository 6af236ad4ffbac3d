"""Records whose key belongs to another partition: where such a record came from goes into a header, and is read back from it.

The header's value is `topic/partition/offset` of the record as it was published: the default event id of an event without one.
"""

from __future__ import annotations

from collections.abc import Iterable

from topics.limits import FORWARDED_FROM_BYTES_MAX, FORWARDED_HEADERS_BYTES_MAX

FORWARDED_HEADER = "streamer-forwarded"
_HEADER_FRAME_BYTES = 10


def forwarded_from(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """Where a forwarded record was first, as `topic/partition/offset`; None when it was not forwarded."""
    for name, value in headers:
        if name == FORWARDED_HEADER and value and len(value) <= FORWARDED_FROM_BYTES_MAX and value.isascii():
            return value.decode()
    return None


def fits_with_another(headers: Iterable[tuple[str, bytes | None]]) -> bool:
    """Whether a record with these headers can be sent with one more: one that fills what the topic takes cannot."""
    return sum(_HEADER_FRAME_BYTES + len(name.encode()) + len(value or b"") for name, value in headers) <= FORWARDED_HEADERS_BYTES_MAX
