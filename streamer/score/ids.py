"""The ids that a row remembers, as digests: a record that comes again is known by them. `Partition` does so in place for events."""

from __future__ import annotations

from typing import Final

from xxhash import xxh3_64_digest

from streamer.score.fields import DIGEST_BYTES
from streamer.score.row import Row
from topics.limits import REMEMBERED_IDS_MAX

IDS_BYTES_MAX: Final = DIGEST_BYTES * REMEMBERED_IDS_MAX


def is_repeat(row: Row, event_id: str) -> bool:
    """Whether the id is among the row's newest; if not, it is from here on."""
    digest, ids = xxh3_64_digest(event_id.encode()), row.ids
    if any(ids.startswith(digest, place) for place in range(0, len(ids), DIGEST_BYTES)):
        return True
    row.ids = (ids + digest)[-IDS_BYTES_MAX:]
    return False
