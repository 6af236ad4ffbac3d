"""The partitions of this worker: assignments and chunks come in; recovery, scoring, commits and the clock are driven from here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, Final, Protocol

from streamer.score.partition import Partition
from streamer.settings import Settings
from streamer.stream.log import logger, say
from streamer.stream.meters import Meters
from streamer.stream.owned import Clock, OutputTopics, OwnedPartition
from streamer.stream.recovery import read_changelog
from streamer.stream.sink import SinkMaker
from streamer.stream.tally import Tally
from streamer.stream.transaction import REPLACED

TICK_S: Final = 0.1
# Between the lead-scores of one partition and the next: scoring and alerts go first, and what they leave is used.
PUBLISH_PAUSE_S: Final = 0.01
PUBLISH_PAUSE_IDLE_S: Final = 0.001
# Recoveries at a time: one keeps a core busy, the second hides the first one's waits.
RECOVERIES_MAX: Final = 2
# A process that was frozen this long may have lost its session, and must not write what another worker owns.
STAND_STILL_S_MAX: Final = 6.0
NEVER: Final = -2


class Seam(Protocol):
    """What the scorer asks the seam."""

    def rejoin(self) -> None:
        """Joins the group again, to learn what is owned."""

    async def seek_again(self, number: int) -> None:
        """Reads a partition number from the offsets on that are committed now."""

    def watermark_ms(self, number: int) -> int:
        """Up to which wall clock time all records of this partition number are scored; 0 if that is not known."""


class Scorer:
    """All owned partitions. The first failure ends everything: nothing is acked or committed after it."""

    def __init__(
        self,
        settings: Settings,
        make_partition: Callable[[int], Partition],
        make_sink: SinkMaker,
        topics: OutputTopics,
        changelog: str,
        clock: Clock,
        meters: Meters | None = None,
    ) -> None:
        self.failed = False
        # Between a revoke and the next assignment, and after standing still: what is owned may be another worker's by now.
        self.doubtful = False
        # From the last commit before a revoke or the end: nothing new may follow it, since the next owner does not wait for it.
        self.leaving = False
        self.failure: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.owned: dict[int, OwnedPartition] = {}
        self._settings = settings
        self._make_partition = make_partition
        self._make_sink = make_sink
        self._topics = topics
        self._changelog = changelog
        self._clock = clock
        self.tally = Tally()
        self._meters = meters or Meters()
        self._idle = True
        self._generation = NEVER
        self._seam: Seam | None = None
        self._recoveries: dict[int, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._recovering = asyncio.Semaphore(RECOVERIES_MAX)

    def fail(self, error: BaseException) -> None:
        """The worker must end: what is not acked is read again by the next owner."""
        if not self.failed:
            self.failed = True
            self.failure.set_result(error)
            self._drop(set(self.owned))

    def _failed(self, error: BaseException) -> None:
        """A partition cannot go on. Where that is because it has another owner, the group says who owns what."""
        if isinstance(error, REPLACED) and self._seam is not None:
            self._doubt(self._seam, "another worker took over, joining again")
        else:
            self.fail(error)

    async def close(self) -> None:
        """Writes nothing from here on; what is not committed is the next owner's work."""
        closing = [self._close(owned, self._recoveries[number]) for number, owned in self.owned.items()]
        await asyncio.gather(*closing, *self._closing)

    def score(self, event: Any) -> None:
        """Scores one chunk. An error in it fails the worker: the chunk is kept by not being acked."""
        self._idle = False
        try:
            owned = self._at_work(event.message.value.number)
            if owned is not None:
                owned.take(event)
        except Exception as error:
            self.fail(error)

    @property
    def abandoned(self) -> bool:
        """Whether what is scored must not be committed: it will be read again by whoever owns it then."""
        return self.failed or self.doubtful

    @property
    def in_group(self) -> bool:
        """Whether it is known what this worker owns, be it nothing."""
        return self._generation != NEVER and not self.doubtful

    def is_ready(self, number: int) -> bool:
        """Whether the partition's rows are recovered."""
        owned = self.owned.get(number)
        return owned is not None and owned.recovered

    def assigned(self, numbers: set[int], generation: int) -> None:
        """Keeps the partitions that nobody else can have touched, and starts the recovery of the others."""
        # Whoever missed a generation was out of the group for a while, and its rows may be old.
        unbroken = generation == self._generation + 1
        self._generation = generation
        self.doubtful = self.leaving = False
        self._drop({number for number in self.owned if not unbroken or number not in numbers})
        new = sorted(numbers - self.owned.keys())
        say("assigned", generation=generation, partitions=_ranges(numbers), recovering=_ranges(new))
        for number in new:
            sink = self._make_sink(number, self._failed)
            leads = self._make_partition(number)
            self.owned[number] = OwnedPartition(leads, number, sink, self._topics, self._clock, self._failed, self._meters)
            self._recoveries[number] = asyncio.create_task(self._recover(number))

    def revoked(self) -> None:
        """Everything is committed; which partitions stay is known at the next assignment, and until then nothing is written."""
        self.doubtful = True
        say("rebalance", generation=self._generation)

    async def settle(self) -> None:
        """Brings all that is scored to its ack, unless it is abandoned. Until the next assignment nothing new begins."""
        self.leaving = True
        if self.owned and not self.abandoned:
            settling: asyncio.Future[Any] = asyncio.gather(*(owned.settle() for owned in self.owned.values()))
            await asyncio.wait({settling, self.failure}, return_when=asyncio.FIRST_COMPLETED)
            settling.cancel()

    async def run(self, seam: Seam) -> None:
        """The clock of the partitions: time acts on those that are read to their end, and commits become due."""
        self._seam = seam
        announced = False
        ticked_s = monotonic()
        while not self.failed:
            await asyncio.sleep(TICK_S)
            ticked_s, stood_still_s = monotonic(), monotonic() - ticked_s
            if stood_still_s > STAND_STILL_S_MAX:
                self._doubt(seam, "stood still, joining again", seconds=round(stood_still_s, 1))
            try:
                for number in tuple(self.owned):
                    self._tick(number, seam.watermark_ms(number))
                    await asyncio.sleep(0)  # a tick may score and encode a lot: chunks and acks get their turn in between
            except Exception as error:
                self.fail(error)
            live = {owned.live for owned in self.owned.values()}
            if live == {True} and not announced:
                say("caught up", partitions=_ranges(set(self.owned)))
            announced = live == {True} or (announced and True in live)

    async def publish(self) -> None:
        """Publishes lead-scores, a few at a time, one partition after the other."""
        while not self.failed:
            some = False
            for number in tuple(self.owned):
                await asyncio.sleep(PUBLISH_PAUSE_IDLE_S if some and self._idle else PUBLISH_PAUSE_S)
                self._idle = True
                owned = self._at_work(number)
                try:
                    some = owned is not None and owned.publish()
                except Exception as error:
                    self.fail(error)
            await asyncio.sleep(PUBLISH_PAUSE_S)

    def _at_work(self, number: int) -> OwnedPartition | None:
        owned = self.owned.get(number)
        return owned if owned is not None and owned.recovered and not self.abandoned and not self.leaving else None

    def _tick(self, number: int, watermark_ms: int) -> None:
        owned = self._at_work(number)
        if owned is not None:
            owned.advance(watermark_ms)
            owned.commit_if_due()

    def _doubt(self, seam: Seam, why: str, **fields: object) -> None:
        say(why, level=logging.WARNING, **fields)
        self.doubtful = True
        self._generation = NEVER  # nothing that is here now is kept
        for owned in self.owned.values():
            owned.stop()
        seam.rejoin()

    async def _recover(self, number: int) -> None:
        owned = self.owned[number]
        try:
            async with self._recovering:
                started_s = monotonic()  # the wall clock may be put back meanwhile
                await owned.sink.open()
                rows = await read_changelog(self._settings, self._changelog, number, owned.leads.restore, self._meters.recovering)
                owned.leads.restored()
                if self._settings.guarantee == "exactly_once" and self._seam is not None:
                    # The owner before may have moved the offsets on, in a transaction that ended after they were asked for.
                    await self._seam.seek_again(number)
            owned.recovered = True
            seconds = monotonic() - started_s
            self._meters.recovered(seconds)
            say("recovered", partition=number, rows=rows, seconds=round(seconds, 2))
            adapted, unfired = owned.leads.adapted
            if adapted:
                say("model changed", partition=number, leads=adapted, thresholds_that_would_have_fired=unfired)
        except Exception as error:
            logger.debug("recovery of partition %d failed", number, exc_info=True)
            self._failed(error)

    def _drop(self, numbers: set[int]) -> None:
        for number in numbers:
            owned = self.owned.pop(number)
            self.tally.leave(owned.leads)
            closing = asyncio.create_task(self._close(owned, self._recoveries.pop(number)))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _close(self, owned: OwnedPartition, recovery: asyncio.Task[None]) -> Coroutine[Any, Any, None]:
        owned.stop()
        recovery.cancel()
        return _closed(owned, recovery)


async def _closed(owned: OwnedPartition, recovery: asyncio.Task[None]) -> None:
    await asyncio.wait([recovery])
    await owned.sink.close()


def _ranges(numbers: set[int] | list[int]) -> str:
    """Partition numbers in few characters: 0-3,7."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges) or "none"
