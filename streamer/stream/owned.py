"""One owned partition: chunks come in; alerts, rejects, scores and rows leave, and the chunks are acked.

The commit, every second or so, seldomer while a backlog is read, while the next chunks are being scored:

1. outputs: alerts, rejects and forwards of the chunks scored until now, and the lead-scores there was time for;
2. rows: what changed goes to the changelog as whole batches;
3. the chunks are acked.

The sink sees to it that no row is durable before its outputs, and commits the source offsets with them, or leaves that to Faust
(once a second, what is acked). A crash anywhere replays the chunks: the offsets in the rows skip what was done.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from streamer.score.partition import Partition
from streamer.stream.chunk import Chunk
from streamer.stream.meters import Meters
from streamer.stream.output import NO_HEADERS, Output
from streamer.stream.sink import Sink
from topics.limits import REJECTED_KEY_BYTES_MAX

# A lead that is met again before the commit costs no second row, so a commit waits for its time; this bounds what a crash repeats.
COMMIT_RECORDS_MAX: Final = 100_000
# So many leads' scores at once, about 2 ms: meanwhile the chunks of all partitions wait.
PUBLISH_LEADS: Final = 16
# While a backlog is read only the last state counts: few are published, to show that it goes on.
PUBLISH_BACKLOG_MS: Final = 1_000
PHASE_MS: Final = 130
# A partition is live while all records up to this long ago are scored.
LIVE_MS: Final = 2_000

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class OutputTopics:
    """Names on the broker."""

    alerts: str
    rejects: str
    scores: str


class OwnedPartition:
    """The leads of one partition number, and the way of what they cause to the broker."""

    def __init__(
        self,
        leads: Partition,
        number: int,
        sink: Sink,
        topics: OutputTopics,
        clock: Clock,
        on_failure: Callable[[BaseException], None],
        meters: Meters | None = None,
    ) -> None:
        self.leads = leads
        self.number = number
        self.recovered = False
        self.sink = sink
        self._topics = topics
        self._clock = clock
        self._on_failure = on_failure
        self._meters = meters or Meters()
        sink.on_acked = self._acked
        self._events: list[Any] = []
        self._records = 0
        self._live_until_ms = 0
        # The partitions of a worker commit one after the other, so that none holds up the chunks of all for long.
        self._committed_at_ms = self._published_at_ms = clock() - number * PHASE_MS % sink.commit_backlog_ms
        self._commit: asyncio.Task[None] | None = None
        self._stopped = False

    def take(self, event: Any) -> None:
        """Scores one chunk, a Faust event, and sends what it caused. The event is acked by a later commit."""
        chunk: Chunk = event.message.value
        chunk.require_turn()
        decided_at_ms = self._clock()
        for topic, records in chunk.runs:
            self.leads.take(topic, records, decided_at_ms)
        chunk.mark_scored()
        self._events.append(event)
        self._records += chunk.count
        self._emit()
        if self._records >= COMMIT_RECORDS_MAX:
            self.commit_if_due()

    def advance(self, watermark_ms: int) -> None:
        """All records that the broker had by this time are scored: time itself may act, unless a backlog is being read."""
        self._live_until_ms = watermark_ms + LIVE_MS
        if self.live:
            self.leads.advance(watermark_ms, self._clock())
            self._emit()

    def publish(self) -> bool:
        """Sends the scores of a few leads that changed, and returns whether there were any; while a backlog is read, seldom."""
        now_ms = self._clock()
        if self._stopped or not (self.live or _is_over(self._published_at_ms, PUBLISH_BACKLOG_MS, now_ms)):
            return False
        self._published_at_ms = now_ms
        scores = self.leads.publish(PUBLISH_LEADS, now_ms)
        self.sink.put(self._topics.scores, [(key, value, None, NO_HEADERS) for key, value in scores])
        return bool(scores)

    @property
    def live(self) -> bool:
        """Whether the partition is read to its end, but for what came in the last moments."""
        return self._clock() < self._live_until_ms

    def commit_if_due(self) -> None:
        """Starts a commit when it is time for one and none is under way."""
        if not self._stopped and (self._commit is None or self._commit.done()):
            now_ms = self._clock()
            pause_ms = self.sink.commit_live_ms if self.live else self.sink.commit_backlog_ms
            if _is_over(self._committed_at_ms, pause_ms, now_ms) or self._records >= COMMIT_RECORDS_MAX:
                self._start_commit(now_ms)

    async def settle(self) -> None:
        """Commits all that is scored, and what time and publishing put after that; the broker has it all then.

        Unless the partition was stopped: after a commit that was cancelled none may follow.
        """
        while not self._stopped:
            if (self._commit is None or self._commit.done()) and not self._start_commit(self._clock()):
                return
            assert self._commit is not None
            await asyncio.wait([self._commit])

    def stop(self) -> None:
        """The partition has another owner: what is not committed is that owner's work."""
        self._stopped = True
        if self._commit is not None:
            self._commit.cancel()

    def _emit(self) -> None:
        self.sink.put(self._topics.alerts, [(key, value, None, NO_HEADERS) for key, value in self.leads.drain_alerts()])
        rejects = self.leads.drain_rejects()
        self.sink.put(self._topics.rejects, [(key and key[:REJECTED_KEY_BYTES_MAX], value, ms, NO_HEADERS) for key, value, ms in rejects])
        forwards: defaultdict[tuple[str, int], list[Output]] = defaultdict(list)
        for topic, number, key, value, timestamp_ms, headers in self.leads.drain_forwards():
            forwards[topic, number].append((key, value, timestamp_ms, headers))
        for (topic, number), outputs in forwards.items():
            self.sink.put(topic, outputs, number)

    def _acked(self, topic: str, outputs: Sequence[Output]) -> None:
        if topic == self._topics.alerts:
            self._meters.alerted((alert for _, alert, _, _ in outputs), self._clock(), live=self.live)

    def _start_commit(self, now_ms: int) -> bool:
        flushed = self.leads.flush()
        rows = [(key, row, None, NO_HEADERS) for key, row in flushed]
        # Here and not once it is over: that would cost twice as much, when the rows are out of the processor's cache.
        row_bytes = sum([len(row) for _, row in flushed if row])
        events, self._events = self._events, []
        self._records = 0
        self._committed_at_ms = now_ms
        offsets: dict[str, int] = {}
        for event in events:
            offsets.update(event.message.value.next_offsets)
        if not rows and not events:
            return False  # whatever is put changes a row or is of a chunk
        commit = self.sink.commit(rows, offsets)
        self._commit = asyncio.create_task(self._committing(commit, events, len(rows), row_bytes))
        # One that is stopped before its first step would leave this behind, and Python would complain of it.
        self._commit.add_done_callback(lambda done: commit.close())
        return True

    async def _committing(self, commit: Coroutine[Any, Any, None], events: list[Any], rows: int, row_bytes: int) -> None:
        try:
            started_s = monotonic()
            await commit
            for event in events:
                event.ack()
            self._meters.committed(monotonic() - started_s, rows, row_bytes)
        except Exception as error:
            self._on_failure(error)


def _is_over(began_ms: int, pause_ms: int, now_ms: int) -> bool:
    """Whether a pause is over. One that begins after now was begun before the clock was put back: it is over, or nothing would go on."""
    return not 0 <= now_ms - began_ms < pause_ms
