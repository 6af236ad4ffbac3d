"""Leads that asked to be forgotten: an erasure in, a row of which only what was applied is left; and what comes late of such a lead."""

from __future__ import annotations

from streamer.score.engine import Engine
from streamer.score.records import Counts, RecordLike
from streamer.score.row import Row
from streamer.score.table import Table
from topics.forwarding import forwarded_from
from topics.registry import LEAD_ERASURES


class Erasures:
    """Of one partition."""

    def __init__(self, engine: Engine, table: Table, counts: Counts) -> None:
        self._engine = engine
        self._table = table
        self._counts = counts

    def take(self, key: bytes, requested_at: int, record: RecordLike) -> None:
        """Erases the lead, up to the time of the request."""
        row = self._table.get(key) or self._table.new(key, 0)
        self._table.unpublished.add(key)
        if record.offset <= row.offsets.get(LEAD_ERASURES.code, -1):
            self._counts.replayed += 1
            return
        row.offsets[LEAD_ERASURES.code] = record.offset
        row.applied += 1
        if requested_at <= row.erased_at and forwarded_from(record.headers):
            self._counts.duplicate += 1  # forwarded again after a crash: what came since the first time stays
            return
        row = self._table.live[key] = self._engine.erased_row(row, requested_at)
        self._table.set_timer(key, row)
        self._counts.erased += 1

    def covers(self, row: Row, time_ms: int, *, begins: bool = True) -> bool:
        """Whether a record belongs to what was to be forgotten; counts it then. The first later one begins the lead anew."""
        if time_ms <= row.erased_at:
            self._counts.erased += 1
            return True
        if begins and not row.first_seen_at:
            row.first_seen_at = time_ms
        return False
