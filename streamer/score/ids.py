"""The ids that a row remembers, as digests: a record that comes again is known by them."""

from __future__ import annotations

from collections import Counter
from typing import Final

from xxhash import xxh3_64_digest

from streamer.score.fields import DIGEST_BYTES, find
from streamer.score.row import Row
from topics.limits import REMEMBERED_IDS_MAX

IDS_BYTES_MAX: Final = DIGEST_BYTES * REMEMBERED_IDS_MAX


def digest_of_id(event_id: str) -> bytes:
    """64 bits that stand for an event's id."""
    return xxh3_64_digest(event_id.encode())


def is_repeat(row: Row, digest: bytes, bitten: Counter[str]) -> bool:
    """Whether the id is among the row's newest; if not, it is from here on."""
    ids = row.ids
    if find(ids, digest, DIGEST_BYTES) >= 0:
        return True
    if len(ids) >= IDS_BYTES_MAX:
        bitten["remembered_ids"] += 1
        ids = ids[DIGEST_BYTES:]
    row.ids = ids + digest
    return False
