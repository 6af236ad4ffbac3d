"""The rows of one partition: as bytes, decoded while they are in work, and in the order of the times when they are due.

A lead that a record or a timer touches is decoded into `live`, and encoded again by `flush`, once for the table and for the
changelog alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush

from streamer.score.engine import Engine
from streamer.score.packed import Moment, Taken
from streamer.score.row import NEVER, Row, decode_row, encode_row, read_header
from streamer.score.unpublished import Unpublished

CLOCK_KEY = b""
"""The changelog's record of the partition's clock; no lead has an empty id."""


class Table:
    """Rows by key. `live` rows are newer than those in `rows`."""

    def __init__(self, engine: Engine, require_home: Callable[[bytes], None]) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.live: dict[bytes, Row] = {}
        self.timers: list[tuple[int, bytes]] = []
        """A heap of (time, key): rows to be looked at though no record comes. An entry whose time is not the row's is void."""
        self.unpublished = Unpublished()
        """Leads that changed since their scores were published."""
        self.adapted = 0
        """Rows that were taken over from another model."""
        self.unfired = 0
        """Thresholds that its change alone would have crossed."""
        self._clock_ms = 0
        self._changed: dict[bytes, bytes | None] = {}
        self._engine = engine
        self._require_home = require_home

    def restore(self, key: bytes, data: bytes | None) -> None:
        """One record of the changelog; of two rows of a lead, the one further on stays."""
        if key == CLOCK_KEY:
            self._clock_ms = int.from_bytes(data or b"", "big")
            return
        if data is None:
            self.rows.pop(key, None)
            return
        known = self.rows.get(key)
        if known is None or read_header(data).applied >= read_header(known).applied:
            self.rows[key] = data

    def restored(self) -> int:
        """Recovery is over: timers, what is not published, and rows of another model are put right. The clock is returned."""
        foreign = []
        for key, data in self.rows.items():
            header = read_header(data)
            if header.model != self._engine.fingerprint:
                foreign.append(key)
            elif header.wake_ms != NEVER:
                self.timers.append((header.wake_ms, key))
            if not header.published:
                self.unpublished.add(key)
        heapify(self.timers)
        for key in foreign:
            self._adapt(key, self._clock_ms)
        return self._clock_ms

    def get(self, key: bytes) -> Row | None:
        """The row in work; None when the lead is not known."""
        row = self.live.get(key)
        if row is None:
            data = self.rows.get(key)
            if data is not None:
                row = self.live[key] = decode_row(data)
        return row

    def new(self, key: bytes, first_seen_at: int) -> Row:
        """A row for a lead that is not known; MisplacedError when it belongs to another partition."""
        self._require_home(key)
        row = self.live[key] = self._engine.new_row(first_seen_at)
        return row

    def put(self, key: bytes, taken: Taken) -> Moment | None:
        """The row that the short way made of a lead's; sets its timer. Returns what is crossed."""
        moment = None
        if isinstance(taken, tuple):
            taken, due_ms, moment = taken
            if due_ms is not None:
                heappush(self.timers, (due_ms, key))
        self.rows[key] = self._changed[key] = taken
        return moment

    def packed(self, key: bytes) -> bytes:
        """A row that is in work, as bytes; it is not in work any more."""
        row = self.live.pop(key)
        data = self.rows[key] = self._changed[key] = encode_row(row, key not in self.unpublished, self._engine.fingerprint)
        return data

    def set_timer(self, key: bytes, row: Row) -> None:
        """Sees to it that the row is looked at when it is due; a timer that is early is left as it is."""
        if row.due_ms < row.wake_ms:
            row.wake_ms = row.due_ms
            heappush(self.timers, (row.due_ms, key))

    def due(self, now_ms: int) -> Iterator[tuple[int, bytes, Row]]:
        """Takes the timers up to `now_ms` down, in the order of their times: time, key and row. Those set meanwhile count too."""
        while self.timers and self.timers[0][0] <= now_ms:
            wake_ms, key = heappop(self.timers)
            row = self.get(key)
            if row is not None and row.wake_ms == wake_ms:
                row.wake_ms = NEVER
                yield wake_ms, key, row

    def drop(self, key: bytes) -> None:
        """The row goes."""
        self.live.pop(key, None)
        self.rows.pop(key, None)
        self._changed[key] = None

    def flush(self, clock_ms: int) -> list[tuple[bytes, bytes | None]]:
        """The rows touched since the last call, for the changelog; they are in `rows` then too. None: the row is gone.

        The clock comes last. If a crash leaves only some of the rows behind, recovery begins at the clock before: what is
        replayed then moves it, and is judged, as it was the first time.
        """
        self.encode()
        changed, self._changed = self._changed, {}
        if changed:
            changed[CLOCK_KEY] = clock_ms.to_bytes(8, "big")
        return list(changed.items())

    def encode(self) -> None:
        """No row is in work any more."""
        rows, changed, unpublished, model = self.rows, self._changed, self.unpublished, self._engine.fingerprint
        for key, row in self.live.items():
            rows[key] = changed[key] = encode_row(row, key not in unpublished, model)
        self.live.clear()

    def _adapt(self, key: bytes, clock_ms: int) -> None:
        row = decode_row(self.rows[key])
        self.unfired += self._engine.adapt(row, clock_ms)
        self.adapted += 1
        self.set_timer(key, row)
        self.rows[key] = encode_row(row, False, self._engine.fingerprint)
        self.unpublished.add(key)
