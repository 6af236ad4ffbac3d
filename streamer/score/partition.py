"""One partition's leads. Records in; alerts, rejects, rows and scores out. No clock, no I/O.

A row is bytes in `rows`; a lead that a record or a timer touches is decoded into the live ones, and encoded again by
`flush`, once for the table and for the changelog alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from xxhash import xxh3_64_digest

from streamer.score.engine import Engine
from streamer.score.fields import DIGEST_BYTES
from streamer.score.inputs import inputs_of, profile_reader_of
from streamer.score.records import Counts, Record, RecordLike
from streamer.score.row import NEVER, Row, decode_row, encode_row, read_header
from topics.alerts import Alert, encode_alert, encode_scores
from topics.limits import REMEMBERED_IDS_MAX
from topics.profiles import Profile
from topics.registry import LEAD_PROFILES, Topic
from topics.rejects import Reason, Refusal, encode_reject

__all__ = ["Counts", "Partition", "Record"]

PUBLISHED_MAX = 10_000
IDS_BYTES_MAX = DIGEST_BYTES * REMEMBERED_IDS_MAX


class Partition:
    """The leads of one partition number, over all topics."""

    def __init__(self, engine: Engine, number: int) -> None:
        self.number = number
        self.now_ms = 0
        """The partition's clock: the newest event time accepted, or what `advance` brought it to."""
        self.rows: dict[bytes, bytes] = {}
        self.counts = Counts()
        self._engine = engine.for_partition(number)
        self._inputs = inputs_of(engine.model, self._engine.watchers)
        self._read_profile = profile_reader_of(engine.model).read
        self._prefix = engine.prefix
        self._live: dict[bytes, Row] = {}
        self._timers: list[tuple[int, bytes]] = []
        self._unpublished: set[bytes] = set()
        self._alerts: list[tuple[bytes, bytes]] = []
        self._rejects: list[tuple[bytes | None, bytes, int]] = []

    # Recovery

    def restore(self, key: bytes, row: bytes | None) -> None:
        """One record of the changelog; of two rows of a lead, the one further on stays."""
        if row is None:
            self.rows.pop(key, None)
            return
        known = self.rows.get(key)
        if known is None or read_header(row).applied >= read_header(known).applied:
            self.rows[key] = row

    def restored(self) -> None:
        """Recovery is over: the clock, the timers and what is not published yet, from the rows; rows of another model adapt."""
        for key, data in self.rows.items():
            header = read_header(data)
            self.now_ms = max(self.now_ms, header.clock_ms)
            if header.wake_ms != NEVER:
                self._timers.append((header.wake_ms, key))
            if not header.published:
                self._unpublished.add(key)
        heapify(self._timers)
        for key, data in list(self.rows.items()):
            if read_header(data).model != self._engine.fingerprint:
                self._adapt(key, data)

    # Records and time

    def take(self, topic: Topic, records: Sequence[RecordLike], decided_at_ms: int | None) -> None:
        """Records of one input topic, in the order of their offsets. `decided_at_ms` None stands for the partition's clock."""
        self.counts.read += len(records)
        if topic is LEAD_PROFILES:
            self._take_profiles(topic, records, decided_at_ms)
        else:
            self._take_events(topic, records, decided_at_ms)

    def advance(self, now_ms: int, decided_at_ms: int | None) -> None:
        """Moves the clock on, never back; acts on everything that ends by then."""
        if now_ms > self.now_ms:
            self.now_ms = now_ms
            self._sweep(decided_at_ms)

    # What came of it

    def drain_alerts(self) -> list[tuple[bytes, bytes]]:
        """The alerts since the last call, in order: key and JSON."""
        alerts, self._alerts = self._alerts, []
        return alerts

    def drain_rejects(self) -> list[tuple[bytes | None, bytes, int]]:
        """The rejects since the last call: key, JSON, and the time of the rejected record."""
        rejects, self._rejects = self._rejects, []
        return rejects

    def publish(self, most: int = PUBLISHED_MAX) -> list[tuple[bytes, bytes | None]]:
        """The current scores of leads that changed and were not published since, `most` of them at once.

        The next `flush` marks their rows as published; send the scores first.
        """
        published: list[tuple[bytes, bytes | None]] = []
        for _ in range(min(most, len(self._unpublished))):
            key = self._unpublished.pop()
            row = self._live.get(key) or self._open(key)
            if row is not None and row.born:
                published.append((key, encode_scores(self._engine.scores(key.decode(), row, self.now_ms))))
        return published

    def flush(self) -> list[tuple[bytes, bytes]]:
        """The rows of all leads touched since the last call, for the changelog; they are in `rows` then too."""
        flushed: list[tuple[bytes, bytes]] = []
        rows, unpublished, now_ms, model = self.rows, self._unpublished, self.now_ms, self._engine.fingerprint
        for key, row in self._live.items():
            data = encode_row(row, published=key not in unpublished, clock_ms=now_ms, model=model)
            rows[key] = data
            flushed.append((key, data))
        self._live.clear()
        return flushed

    # Inside

    def _take_events(self, topic: Topic, records: Sequence[RecordLike], decided_at_ms: int | None) -> None:
        source, code, name, counts = self._inputs[topic], topic.code, self._prefix + topic.name, self.counts
        read, fixed, by_action, take_event = source.read, source.watchers, source.by_action, self._engine.take_event
        live, timers, changed = self._live, self._timers, self._unpublished.add
        scored = 0
        for record in records:
            key, offset = record.key, record.offset
            try:
                event = read(key, record.value, record.timestamp)
                if isinstance(event, Refusal):
                    self._reject(event, name, record)
                    continue
                assert key is not None  # the reader refuses it
                occurred_at: int = event.occurred_at
                row = live.get(key) or self._open(key) or self._new(key, occurred_at)
                if offset <= row.offsets.get(code, -1):
                    counts.replayed += 1
                    changed(key)  # the crash that made the replay may have come before its scores were out
                    continue
                row.offsets[code] = offset
                row.applied += 1
                event_id = event.event_id
                digest = xxh3_64_digest((event_id or f"{name}/{self.number}/{offset}").encode())
                ids = row.ids
                place = ids.find(digest)
                while place >= 0 and place % DIGEST_BYTES:
                    place = ids.find(digest, place + 1)
                if place >= 0:
                    counts.duplicate += 1
                    continue
                row.ids = ids + digest if len(ids) < IDS_BYTES_MAX else ids[DIGEST_BYTES:] + digest
                now_ms = self.now_ms
                if occurred_at > now_ms:
                    self.now_ms = now_ms = occurred_at
                if timers and timers[0][0] <= now_ms:
                    self._sweep(decided_at_ms)
                if event.human is False:
                    counts.machine += 1
                    continue
                watchers = by_action[event.action] if fixed is None else fixed  # type: ignore[attr-defined]
                decided_ms = now_ms if decided_at_ms is None else decided_at_ms
                alerts = take_event(event.lead_id, row, event, watchers, code, offset, event_id, now_ms, decided_ms)  # type: ignore[arg-type]
                scored += 1
                changed(key)
                if row.due_ms < row.wake_ms:
                    self._set_timer(key, row)
                if alerts:
                    self._send(key, alerts)
            except Exception as error:  # noqa: BLE001  # whatever one record does, it must not stop the others
                self._reject(Refusal(Reason.FAILED, f"{type(error).__name__}: {error}"), name, record)
        counts.scored += scored

    def _take_profiles(self, topic: Topic, records: Sequence[RecordLike], decided_at_ms: int | None) -> None:
        name = self._prefix + topic.name
        for record in records:
            try:
                profile = self._read_profile(record.key, record.value)
                if isinstance(profile, Refusal):
                    self._reject(profile, name, record)
                    continue
                assert record.key is not None  # the reader refuses it
                self._take_profile(record.key, profile, record, decided_at_ms)
            except Exception as error:  # noqa: BLE001  # as for events
                self._reject(Refusal(Reason.FAILED, f"{type(error).__name__}: {error}"), name, record)

    def _take_profile(self, key: bytes, profile: Profile, record: RecordLike, decided_at_ms: int | None) -> None:
        is_removal = not record.value
        row = self._live.get(key) or self._open(key)
        if row is None and not is_removal:
            row = self._new(key, record.timestamp)
        if row is not None:
            if record.offset <= row.offsets.get(LEAD_PROFILES.code, -1):
                self.counts.replayed += 1
                self._unpublished.add(key)
                return
            row.offsets[LEAD_PROFILES.code] = record.offset
            row.applied += 1
        self.now_ms = max(self.now_ms, record.timestamp)
        self._sweep(decided_at_ms)
        if row is None or (is_removal and not row.born):
            self.counts.scored += 1  # removes the profile of nobody
            return
        decided_ms = self.now_ms if decided_at_ms is None else decided_at_ms
        alerts = self._engine.take_profile(key.decode(), row, profile, record.offset, record.timestamp, self.now_ms, decided_ms)
        self.counts.scored += 1
        self._unpublished.add(key)
        self._set_timer(key, row)
        self._send(key, alerts)

    def _sweep(self, decided_at_ms: int | None) -> None:
        """Acts on every timer up to now, in the order of their times."""
        timers = self._timers
        while timers and timers[0][0] <= self.now_ms:
            wake_ms, key = heappop(timers)
            row = self._live.get(key) or self._open(key)
            if row is None or row.wake_ms != wake_ms:
                continue  # another timer was set for the lead since
            row.wake_ms = NEVER
            updated_at = row.updated_at
            alerts = self._engine.take_time(key.decode(), row, wake_ms, decided_at_ms)
            if row.updated_at != updated_at:
                self._unpublished.add(key)
            self._set_timer(key, row)
            self._send(key, alerts)

    def _set_timer(self, key: bytes, row: Row) -> None:
        if row.due_ms < row.wake_ms:
            row.wake_ms = row.due_ms
            heappush(self._timers, (row.due_ms, key))

    def _send(self, key: bytes, alerts: list[Alert]) -> None:
        self._alerts.extend((key, encode_alert(alert)) for alert in alerts)

    def _reject(self, refusal: Refusal, topic: str, record: RecordLike) -> None:
        self.counts.rejected += 1
        message = encode_reject(refusal, topic, self.number, record.offset, record.key, record.value)
        self._rejects.append((record.key, message, record.timestamp))

    def _open(self, key: bytes) -> Row | None:
        data = self.rows.get(key)
        if data is None:
            return None
        row = self._live[key] = decode_row(data)
        return row

    def _new(self, key: bytes, first_seen_at: int) -> Row:
        row = self._live[key] = self._engine.new_row(first_seen_at)
        return row

    def _adapt(self, key: bytes, data: bytes) -> None:
        row = decode_row(data)
        self._engine.adapt(row, self.now_ms)
        self._set_timer(key, row)
        self.rows[key] = encode_row(row, published=False, clock_ms=self.now_ms, model=self._engine.fingerprint)
        self._unpublished.add(key)
