"""The seam in Faust: fetched records come in from aiokafka; chunks leave as Faust messages, offsets go back once chunks are acked.

Only what is overridden here differs from Faust, and each override has a contract test:

- a message is a chunk of up to a thousand records of one partition number, merged across topics by timestamp;
- offsets are committed in order and never past a chunk that is not acked;
- when partitions are revoked, or the worker stops, what is scored is committed first;
- how much is fetched is decided here, by what waits, and not by the fill of Faust's queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from time import monotonic, time
from typing import Any, Final

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, Message
from mode.utils.futures import notify

from streamer.stream.chunk import Chunk, message_of
from streamer.stream.fetched import Fetched, FetchedOf
from streamer.stream.ledger import Ledger
from streamer.stream.merge import Merge
from streamer.stream.scoring import Scoring
from streamer.stream.thread import ConsumerThread
from streamer.stream.watermark import Watermark, lag
from topics.registry import Topic

# Chunks of each partition handed out between two looks at what was fetched.
PASSES: Final = 4
# A broker that acks slowly slows the reading down before memory grows.
RECORDS_OPEN_MAX: Final = 200_000
LOOK_S: Final = 0.05
# A partition read to its end this long ago is live: what is fetched now is new, and is not held back.
LIVE_S: Final = 1.0
IDLE_WAIT_S: Final = 0.25
# A fetch costs as much as scoring a hundred records: it is not done for each new record.
PACE_S: Final = 0.025


class ChunkConsumer(driver.Consumer):
    """Faust's consumer, with chunks for messages."""

    transport: Transport
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger = Ledger()
        self._merges: dict[int, Merge] = {}
        self._watermarks: dict[int, Watermark] = {}
        self._known: dict[TP, Fetched | None] = {}
        self._looked_at_s = 0.0
        self._handed_out = False
        self._fetching: asyncio.Task[None] | None = None
        self._fetched_at_s = 0.0
        self._forgotten = 0
        self._seeking = asyncio.Lock()
        self._turn = 0  # grows when partitions are to be given up, and when it is known which are owned
        self._sought_in = -1
        self.stop_flow()  # Faust would begin before the first seek

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # Fetching

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 - Faust's
        """Chunks of what was fetched, while the next fetch is under way. `timeout` is not used: what waits here says how long to wait."""
        fetching = self._keep_fetching()
        waiting = any(merge.waiting for merge in self._merges.values())
        if not (waiting and self._handed_out):
            # What waits and is held back is looked at again soon: its time may be over, or an ack may have made room.
            await asyncio.wait({fetching}, timeout=PACE_S if waiting else None)
        if fetching.done():
            fetching.result()
            self._keep_fetching()
        self._handed_out = False
        if not self.flow_active or self.should_stop:
            return
        generation = self.app.consumer_generation_id
        for _ in range(PASSES):
            for merge in tuple(self._merges.values()):
                chunk = self._next_chunk(merge)
                if chunk is None:
                    continue
                self.ledger.hand_out(chunk)
                self._handed_out = True
                message = message_of(chunk, generation)
                yield message.tp, message
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return  # what is here is not ours any more; it was not handed out and will be read again

    def _keep_fetching(self) -> asyncio.Task[None]:
        """The fetch that is under way, or a new one: the broker is asked for the next records while these are scored."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch())
            # What goes wrong is raised where it is waited for; asyncio need not complain when nobody waits.
            self._fetching.add_done_callback(lambda fetching: fetching.cancelled() or fetching.exception())
        return self._fetching

    async def _fetch(self) -> None:
        await asyncio.sleep(self._fetched_at_s + PACE_S - monotonic())
        self._look()
        forgotten = self._forgotten
        records, _ = await self._wait_next_records(IDLE_WAIT_S)
        self._fetched_at_s = monotonic()
        if not records or self.should_stop:
            return
        if not self.flow_active or self._forgotten != forgotten:
            # Fetched for an assignment that is over, or from a place that was left: it is read again, by whoever owns it now.
            while True:
                if await self._seek_back():
                    return
                await asyncio.sleep(IDLE_WAIT_S)
        for tp, fetched in records.items():
            self._merge(tp.partition).lanes[tp.topic].add(fetched)
            self._known[tp] = self._thread.fetched(*tp)

    async def on_stop(self) -> None:
        """Nobody waits for the fetch any more."""
        if self._fetching is not None:
            self._fetching.cancel()
        await super().on_stop()

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:  # noqa: ASYNC109 - Faust's
        wanted = {tp for tp in active_partitions or () if self._wants(tp)}
        if not wanted:
            await self.sleep(PACE_S)  # to ask for nothing would be to ask for everything
            return {}
        return await super()._getmany(wanted, timeout)

    def _wants(self, tp: TP) -> bool:
        return self.transport.scoring.is_ready(tp.partition) and not self._merge(tp.partition).lanes[tp.topic].full

    def _merge(self, number: int) -> Merge:
        if number not in self._merges:
            self._merges[number] = Merge(number, self.transport.topics)
        return self._merges[number]

    def _next_chunk(self, merge: Merge) -> Chunk | None:
        if self.ledger.records_open(merge.number) >= RECORDS_OPEN_MAX:
            return None
        live = self.watermark_ms(merge.number) > (time() - LIVE_S) * 1000
        return merge.take(None if live else self._fetched(merge.number), monotonic())

    # How far it is read

    def watermark_ms(self, number: int) -> int:
        """Up to which wall clock time all records of this partition number are scored; 0 if that is not known."""
        watermark = self._watermarks.get(number)
        return 0 if watermark is None else watermark.at_ms()

    def lags(self, partitions: Iterable[TP], ends: Mapping[TP, int]) -> dict[TP, int | None]:
        """How many records of each of these owned topic partitions were not handed out yet; None where that is not known.

        `ends` are where they end, where somebody asked; for the others it is what came with the newest fetch.
        """
        return {tp: lag(self._merge(tp.partition), tp.topic, self._fetched(tp.partition)(tp.topic), ends.get(tp, -1)) for tp in partitions}

    def _look(self) -> None:
        # Only between two fetches: during one, records are on their way that are neither with the broker nor here.
        if (now_s := monotonic()) - self._looked_at_s >= LOOK_S:
            self._looked_at_s = now_s
            self._known = {tp: self._thread.fetched(*tp) for tp in self._get_active_partitions()}
            for number in {tp.partition for tp in self._known}:
                watermark = self._watermarks.setdefault(number, Watermark())
                watermark.look(self._merge(number), self._fetched(number), self.ledger.last(number))

    def _fetched(self, number: int) -> FetchedOf:
        """As it was when no fetch was under way: during one aiokafka's positions are ahead of what is here."""
        return lambda topic: self._known.get(TP(topic, number))

    # Acks and commits

    def ack(self, message: Message) -> bool:
        """A chunk's outputs and rows are with the broker."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        chunk: Any = message.value
        for topic, number in self.ledger.ack(chunk):
            self._acked[TP(topic, number)]  # a commit looks at the partitions that are named here
        notify(self._waiting_for_ack)
        return True

    def _new_offset(self, tp: TP) -> int | None:
        return self.ledger.take_committable(tp.topic, tp.partition)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """With exactly once the offsets of what is acked are committed already, by the transaction that made it."""
        return self.transport.exactly_once or bool(await super()._commit(offsets))

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Offsets between two chunks are no gap: a chunk says where the next one begins."""

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: what is fetched depends on what waits here."""

    on_buffer_drop = on_buffer_full

    async def wait_empty(self) -> None:
        """Before partitions go or the worker stops: what is scored is committed. For the rest Faust would wait for ever."""
        await self.transport.scoring.settle()
        self._unacked_messages.clear()
        if not self.transport.scoring.abandoned:
            await super().wait_empty()

    async def perform_seek(self) -> None:
        """Back to the committed offsets; what waits here will be read again. Where it fails aiokafka asks for them when it fetches."""
        turn = self._turn
        await self._seek_back()
        self._sought_in = turn

    async def _seek_back(self) -> bool:
        self._forget_fetched()
        asked = self.assignment()  # it may change while the offsets are asked for; who comes then is sought by the next call
        try:
            async with self._seeking:
                await super().perform_seek()
                # Faust leaves a partition without a committed offset where it stands, and loses what was fetched and dropped.
                fresh = [TopicPartition(*tp) for tp in asked & self.assignment() if not self._committed_offset[tp]]
                if fresh:
                    await self._thread.seek_to_beginning(*fresh)
        except (KafkaError, AssertionError) as error:
            self.log.info("cannot seek while the group rebalances: %s", error)
            return False
        return True

    async def seek_again(self, number: int) -> None:
        """The producer of the owner before is shut out: what its last transaction committed after the seek above counts, too."""
        while True:
            try:
                async with self._seeking:
                    await self._thread.seek_again(self.transport.topics, number)
                    self._known = {tp: known for tp, known in self._known.items() if tp.partition != number}
                    return
            except (KafkaError, AssertionError) as error:  # the group rebalances: it stays ours, or whoever waits here is cancelled
                self.log.info("cannot seek while the group rebalances: %s", error)
                await asyncio.sleep(IDLE_WAIT_S)

    # Rebalance

    def resume_flow(self) -> None:
        """Nothing, unless the seek for this very assignment is over: what flows before, Faust throws away when it resumes again."""
        if self._sought_in == self._turn:
            super().resume_flow()

    def rejoin(self) -> None:
        """Joins the group again, to learn what is owned."""
        self._thread.rejoin()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commits before Faust forgets what is acked; then the partitions are gone."""
        self._turn += 1
        self.stop_flow()
        scoring = self.transport.scoring
        await scoring.settle()
        if not scoring.abandoned:
            await self.commit()
        await super().on_partitions_revoked(revoked)
        self._forget_fetched()
        self.ledger.clear()
        scoring.revoked()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Tells the scorer what it owns; its recovery is not waited for, since heartbeats stand still meanwhile."""
        self._turn += 1
        self._forget_fetched()
        self.ledger.clear()
        if not self.app.should_stop:  # whoever is on the way out begins nothing
            self.transport.scoring.assigned({tp.partition for tp in assigned}, generation_id)
        await super().on_partitions_assigned(assigned, generation_id)

    def _forget_fetched(self) -> None:
        self._forgotten += 1  # what a fetch that is under way brings is forgotten, too
        self._merges.clear()
        self._watermarks.clear()
        self._known.clear()
        self._looked_at_s = 0.0


class Transport(driver.Transport):
    """Faust's aiokafka transport, with our consumer. `topics` are the input topics by their names on the broker."""

    Consumer = ChunkConsumer

    def __init__(
        self, app: AppT, client_options: Mapping[str, Any], topics: Mapping[str, Topic], scoring: Scoring, *, exactly_once: bool
    ) -> None:
        super().__init__(app.conf.broker_consumer, app, loop=None)
        self.client_options = client_options
        self.topics = topics
        self.scoring = scoring
        self.exactly_once = exactly_once
