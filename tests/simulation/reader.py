"""The reading side of a simulated worker: what `streamer.stream.consumer` does between aiokafka and Faust, with the same parts.

Fetches go through the production `Merge`, chunks through the production `Ledger`, and looks through the production `Watermark`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from streamer.stream.chunk import Chunk
from streamer.stream.fetched import Fetched, FetchedOf
from streamer.stream.ledger import Ledger
from streamer.stream.merge import Merge
from streamer.stream.watermark import Watermark
from tests.simulation.broker import INPUTS, Place

if TYPE_CHECKING:
    from tests.simulation.process import Process

PACE_S = 0.03
IDLE_S = 0.25
PASSES = 4
LIVE_MS = 1_000
OFFSETS_COMMIT_S = 1.0
ALL = 1_000_000


class Handed:
    """A chunk as Faust hands it to the agent: an event with a message."""

    def __init__(self, chunk: Chunk, ledger: Ledger) -> None:
        self.message = self
        self.value = chunk
        self._ledger = ledger

    def ack(self) -> None:
        """The chunk's rows and outputs are with the broker."""
        self._ledger.ack(self.value)


class Reader:
    """What a worker owns, and how far it has read."""

    def __init__(self, process: Process) -> None:
        self.generation = 0
        self.ledger = Ledger()
        self._process = process
        self._numbers: set[int] = set()
        self._positions: dict[Place, int] = {}
        self._known: dict[Place, Fetched] = {}
        self._merges: dict[int, Merge] = {}
        self._watermarks: dict[int, Watermark] = {}

    def rejoin(self) -> None:
        """Joins the group again, to learn what is owned."""
        self._process.world.group.rebalance()

    async def seek_again(self, number: int) -> None:
        """Reads a partition number from the offsets on that are committed now."""
        committed = self._process.world.group.committed
        for name in INPUTS:
            if (name, number) in self._positions:
                self._positions[name, number] = committed.get((name, number), 0)

    def watermark_ms(self, number: int) -> int:
        """Up to which wall clock time all records of this partition number are scored; 0 if that is not known."""
        watermark = self._watermarks.get(number)
        return 0 if watermark is None else watermark.at_ms()

    async def read(self) -> None:
        """Fetches, hands out and looks, until the process ends."""
        pace_s = PACE_S
        while True:
            await asyncio.sleep(pace_s)
            ready = [number for number in sorted(self._numbers) if self._process.scorer.is_ready(number)]
            moved = False
            for number in ready:
                moved |= self._fetch(number)
            for _ in range(PASSES):
                for number in ready:
                    moved |= self._hand_out(number)
            for number in ready:
                self._watermarks[number].look(self._merges[number], self._fetched(number), self.ledger.last(number))
            pace_s = PACE_S if moved else IDLE_S

    async def commit_offsets(self) -> None:
        """Commits what is acked, each second."""
        while True:
            await asyncio.sleep(OFFSETS_COMMIT_S)
            await self.commit()

    async def commit(self) -> None:
        """Commits what is acked."""
        places = [(name, number) for name in INPUTS for number in sorted(self._numbers)]
        offsets = {place: offset for place in places if (offset := self.ledger.take_committable(*place)) is not None}
        if offsets and not self._process.world.scenario.exactly_once:
            process, group, generation = self._process, self._process.world.group, self.generation
            await process.requests.send("offsets", lambda: group.commit(process, generation, offsets))

    async def settled(self) -> None:
        """Commits what is scored."""
        await self._process.scorer.settle()
        if not self._process.scorer.abandoned:
            await self.commit()

    async def revoked(self) -> None:
        """Commits what is scored, and forgets the rest."""
        await self.settled()
        self._forget()
        self._process.scorer.revoked()

    def assigned(self, numbers: set[int], generation: int) -> None:
        """Reads these partitions from the committed offsets on."""
        self._forget()
        self._numbers, self.generation = numbers, generation
        committed = self._process.world.group.committed
        self._positions = {(name, number): committed.get((name, number), 0) for name in INPUTS for number in numbers}
        self._merges = {number: Merge(number, INPUTS) for number in numbers}
        self._watermarks = {number: Watermark() for number in numbers}
        self._process.scorer.assigned(numbers, generation)

    def _forget(self) -> None:
        self._numbers = set()
        self._merges, self._watermarks, self._known = {}, {}, {}
        self.ledger.clear()

    def _fetch(self, number: int) -> bool:
        world, lanes, wall_ms = self._process.world, self._merges[number].lanes, self._process.wall_ms()
        most = ALL if world.scenario.ordered and self._is_live(number) else world.scenario.fetch_records
        moved = False
        for name, lane in lanes.items():
            place = name, number
            if lane.full or world.is_delayed(place):
                continue
            records, self._positions[place] = world.broker.fetch(place, self._positions[place], most)
            lane.add(records)
            self._known[place] = Fetched(self._positions[place], world.broker.end(place), wall_ms)
            moved = moved or bool(records)
        return moved

    def _hand_out(self, number: int) -> bool:
        merge = self._merges[number]
        if not merge.waiting:
            return False
        fetched: Any = None if self._is_live(number) else self._fetched(number)
        chunk = merge.take(fetched, self._process.loop.time(), self._process.world.scenario.chunk_records)
        if chunk is not None:
            self.ledger.hand_out(chunk)
            self._process.scorer.score(Handed(chunk, self.ledger))
        return True

    def _is_live(self, number: int) -> bool:
        return self.watermark_ms(number) > self._process.wall_ms() - LIVE_MS

    def _fetched(self, number: int) -> FetchedOf:
        return lambda topic: self._known.get((topic, number))
