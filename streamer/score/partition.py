"""One partition's leads. Records in; alerts, rejects, rows and scores out. No clock, no I/O.

Reading, counting and the clock are here; rows and timers are the table's, and what a record does to a lead is the engine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from streamer.score.alerting import Times
from streamer.score.engine import Engine
from streamer.score.erasing import Erasures
from streamer.score.forwarding import Forwarder, MisplacedError
from streamer.score.ids import digest_of_id, is_repeat
from streamer.score.inputs import inputs_of, profile_reader_of
from streamer.score.packed import Moment
from streamer.score.records import Counts, Record, RecordLike
from streamer.score.rejecting import Rejects
from streamer.score.row import Row
from streamer.score.standing import Standing, scores_at, standing_of
from streamer.score.table import Table
from topics.alerts import Alert, encode_alert, encode_scores
from topics.erasures import read_erasure
from topics.forwarding import forwarded_from
from topics.limits import LATENESS_MS
from topics.profiles import Profile
from topics.registry import LEAD_ERASURES, LEAD_PROFILES, Topic
from topics.rejects import Reason, Refusal

__all__ = ["Counts", "Partition", "Record"]

PUBLISHED_MAX = 10_000
# So many leads' rows, decoded, fit a processor's cache: a thousand cost a tenth more an event.
SLICE_RECORDS = 250
LIVE_ROWS_MAX = 200


class Partition:
    """The leads of one partition number, over all topics. Who gives the number of `partitions` gets what belongs elsewhere back."""

    def __init__(self, engine: Engine, number: int, partitions: int | None = None, live_rows_max: int = LIVE_ROWS_MAX) -> None:
        self.number = number
        self.now_ms = 0
        """The partition's clock: the newest event time accepted, or what `advance` brought it to."""
        self.counts = Counts()
        self._engine = engine.for_partition(number)
        rejects = Rejects(number, self.counts)
        self._reject, self.drain_rejects = rejects.add, rejects.drain
        self._forwarder = Forwarder(number, partitions, self.counts, rejects)
        self._forward, self.drain_forwards = self._forwarder.take, self._forwarder.drain
        self._table = Table(self._engine, self._forwarder.require_home)
        self.rows = self._table.rows
        self.restore = self._table.restore
        self._erasures = Erasures(self._engine, self._table, self.counts)
        self._inputs = inputs_of(engine.model, self._engine.watchers)
        self._read_profile = profile_reader_of(engine.model).read
        self._prefix = engine.prefix
        self._alerts: list[tuple[bytes, bytes]] = []
        self._live_rows_max, self._first_row = live_rows_max, self._engine.first_row()

    def restored(self) -> None:
        """Recovery, a `restore` for each record of the changelog, is over: the clock and the timers go on from the rows."""
        self.now_ms = max(self.now_ms, self._table.restored())

    @property
    def adapted(self) -> tuple[int, int]:
        """How many rows recovery took over from another model, and how many thresholds would have fired for that alone."""
        return self._table.adapted, self._table.unfired

    @property
    def bounds_bitten(self) -> Mapping[str, int]:
        """How often each bound of the contract, section 3, bit: beyond it results are not exact."""
        return self._engine.bounds.bitten

    # Records and time

    def take(self, topic: Topic, records: Sequence[RecordLike], decided_at_ms: int | None) -> None:
        """Records of one input topic, in the order of their offsets. `decided_at_ms` None stands for the partition's clock."""
        self.counts.read += len(records)
        if topic is LEAD_PROFILES or topic is LEAD_ERASURES:
            self._take_profiles_or_erasures(topic, records, decided_at_ms)
        else:
            for start in range(0, len(records), SLICE_RECORDS):
                self._take_events(topic, records[start : start + SLICE_RECORDS], decided_at_ms)
                if len(self._table.live) >= self._live_rows_max:
                    self._table.encode()

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

    def publish(self, most: int = PUBLISHED_MAX, wall_ms: int | None = None) -> list[tuple[bytes, bytes | None]]:
        """The scores of up to `most` leads that changed since they were published; with the time now none comes twice in a second.

        The next `flush` marks their rows as published; send the scores first.
        """
        table = self._table
        published: list[tuple[bytes, bytes | None]] = []
        for key in table.unpublished.take(most, wall_ms):
            row = table.get(key)
            if row is not None and row.born:
                published.append((key, encode_scores(self._engine.scores(key.decode(), row, self.now_ms))))
            elif row is not None and (row.erased_at or not row.first_seen_at):
                published.append((key, None))
                if not row.erased_at:
                    table.drop(key)  # the mark was over before its null was out
        return published

    def final_scores(self) -> Iterator[bytes]:
        """The scores of all leads that changed, as they are now, in the order of their ids: the end of a run that publishes nothing."""
        for key in sorted(self._table.unpublished):
            row = self._table.get(key)
            if row is not None and row.born:
                yield encode_scores(scores_at(self._engine, key.decode(), row, self.now_ms))

    def standing(self, lead_id: str) -> Standing | None:
        """How a lead stands now; None when no scored event or profile of it came."""
        row = self._table.get(lead_id.encode())
        return None if row is None or not row.born else standing_of(self._engine, lead_id, row, self.now_ms)

    def flush(self) -> list[tuple[bytes, bytes | None]]:
        """The rows of all leads touched since the last call, for the changelog; None: the row is gone."""
        return self._table.flush(self.now_ms)

    # Inside

    def _take_events(self, topic: Topic, records: Sequence[RecordLike], decided_at_ms: int | None) -> None:
        source, code, name, counts = self._inputs[topic.code], topic.code, self._prefix + topic.name, self.counts
        read, fixed, by_action, take_event = source.read, source.watchers, source.by_action, self._engine.take_event
        names_ids, take_packed = source.names_ids, self._engine.short_way
        table, live, rows, first_row = self._table, self._table.live, self._table.rows, self._first_row
        timers, changed, bitten = table.timers, table.unpublished.add, self._engine.bounds.bitten
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
                event_id = event.event_id or forwarded_from(record.headers)
                digest = digest_of_id(event_id or f"{name}/{self.number}/{offset}")
                if names_ids:
                    event.event_id = event_id or f"{name}/{self.number}/{offset}"
                # Only topics whose kind their action decides come without fixed watchers.
                selection = (by_action[event.action] if fixed is None else fixed).select(event)  # type: ignore[attr-defined]
                now_ms = occurred_at if occurred_at > self.now_ms else self.now_ms
                is_late, is_due = occurred_at <= now_ms - LATENESS_MS, timers and timers[0][0] <= now_ms
                program = selection.program
                if program is not None and take_packed is not None and event.human is not False and not is_late and not is_due:
                    data = table.packed(key) if key in live else rows.get(key) or first_row
                    if data is not None:
                        operations = program.fixed or program.of(event)
                        inputs: Sequence[object] = program.inputs and [get(event) for get in program.inputs]
                        taken = take_packed(data, operations, inputs, code, offset, digest, event_id, occurred_at, now_ms)
                        if taken is not None:
                            if data is first_row:
                                self._forwarder.require_home(key)
                            self.now_ms = now_ms
                            moment = table.put(key, taken)
                            changed(key)
                            scored += 1
                            if moment is not None:
                                times = Times(now_ms, occurred_at, now_ms if decided_at_ms is None else decided_at_ms)
                                self._send(key, self._take_moment(key, moment, code, offset, event_id, times))
                            continue
                row = table.get(key) or table.new(key, occurred_at)
                if offset <= row.offsets.get(code, -1):
                    counts.replayed += 1
                    changed(key)  # the crash that made the replay may have come before its scores were out
                    self._move_clock(occurred_at, row, decided_at_ms)
                    continue
                row.offsets[code] = offset
                row.applied += 1
                if row.erased_at and self._erasures.covers(row, occurred_at):
                    continue
                if is_repeat(row, digest, bitten):
                    counts.duplicate += 1
                    continue
                self.now_ms = now_ms
                if is_late:
                    bitten["lateness"] += 1
                if is_due:
                    self._sweep(decided_at_ms)
                if event.human is False:
                    counts.machine += 1
                    continue
                decided_ms = now_ms if decided_at_ms is None else decided_at_ms
                # The reader has filled in whose event it is.
                alerts = take_event(event.lead_id, row, event, selection, code, offset, event_id, now_ms, decided_ms)  # type: ignore[arg-type]
                scored += 1
                changed(key)
                if row.due_ms < row.wake_ms:
                    self._table.set_timer(key, row)
                if alerts:
                    self._send(key, alerts)
            except MisplacedError:
                self._forward(name, record)
            except Exception as error:  # whatever one record does, it must not stop the others
                self._reject(Refusal(Reason.FAILED, f"{type(error).__name__}: {error}"), name, record)
        counts.scored += scored

    def _take_moment(self, key: bytes, moment: Moment, code: int, offset: int, event_id: str | None, times: Times) -> list[Alert]:
        row = self._table.get(key)
        assert row is not None  # the short way has just put it there
        return self._engine.take_moment(key.decode(), row, moment, code, offset, event_id, times)

    def _take_profiles_or_erasures(self, topic: Topic, records: Sequence[RecordLike], decided_at_ms: int | None) -> None:
        name, read_record = self._prefix + topic.name, self._read_profile if topic is LEAD_PROFILES else read_erasure
        for record in records:
            key = record.key
            try:
                read: Profile | int | Refusal = read_record(key, record.value, record.timestamp)
                if isinstance(read, Refusal):
                    self._reject(read, name, record)
                    continue
                assert key is not None  # the readers refuse it
                if isinstance(read, int):
                    self._erasures.take(key, read, record)
                else:
                    self._take_profile(key, read, record, decided_at_ms)
            except MisplacedError:
                self._forward(name, record)
            except Exception as error:  # as for events
                self._reject(Refusal(Reason.FAILED, f"{type(error).__name__}: {error}"), name, record)

    def _take_profile(self, key: bytes, profile: Profile, record: RecordLike, decided_at_ms: int | None) -> None:
        is_removal = not record.value
        row = self._table.get(key)
        if row is None and is_removal:
            self._forwarder.require_home(key)
        elif row is None:
            row = self._table.new(key, record.timestamp)
        if row is not None:
            if record.offset <= row.offsets.get(LEAD_PROFILES.code, -1):
                self.counts.replayed += 1
                self._table.unpublished.add(key)
                self._move_clock(record.timestamp, row, decided_at_ms)
                return
            row.offsets[LEAD_PROFILES.code] = record.offset
            row.applied += 1
            if row.erased_at and self._erasures.covers(row, record.timestamp, begins=not is_removal):
                return
            if (origin := forwarded_from(record.headers)) and is_repeat(row, digest_of_id(origin), self._engine.bounds.bitten):
                self.counts.duplicate += 1
                return
        self.now_ms = max(self.now_ms, record.timestamp)
        self._sweep(decided_at_ms)
        if row is None or (is_removal and not row.born):
            self.counts.scored += 1  # removes the profile of nobody
            return
        decided_ms = self.now_ms if decided_at_ms is None else decided_at_ms
        alerts = self._engine.take_profile(key.decode(), row, profile, record.offset, record.timestamp, self.now_ms, decided_ms)
        self.counts.scored += 1
        self._table.unpublished.add(key)
        self._table.set_timer(key, row)
        self._send(key, alerts)

    def _move_clock(self, time_ms: int, row: Row, decided_at_ms: int | None) -> None:
        """A replayed record moves the clock as it did the first time, for the leads whose rows the crash has set back."""
        if time_ms > max(self.now_ms, row.erased_at):
            self.now_ms = time_ms
            self._sweep(decided_at_ms)

    def _sweep(self, decided_at_ms: int | None) -> None:
        """Acts on everything that is due by now."""
        table = self._table
        for wake_ms, key, row in table.due(self.now_ms):
            updated_at = row.updated_at
            alerts = self._engine.take_time(key.decode(), row, wake_ms, decided_at_ms)
            if alerts or row.updated_at != updated_at:
                table.unpublished.add(key)
            if row.born or row.erased_at or row.ids:
                table.set_timer(key, row)
                self._send(key, alerts)
            elif key not in table.unpublished:
                table.drop(key)  # the end of an erasure: nothing is left to be remembered

    def _send(self, key: bytes, alerts: list[Alert]) -> None:
        self._alerts.extend((key, encode_alert(alert)) for alert in alerts)
