"""The world of a simulation: time, the broker, the group and the workers; a scenario is played in it, action by action."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from aiokafka.errors import KafkaError

from streamer.score.engine import Engine
from streamer.score.records import Record
from streamer.stream import scorer, transaction
from tests.simulation import actions as act
from tests.simulation.broker import INPUTS, Broker, Place
from tests.simulation.group import Group
from tests.simulation.loop import ProcessLoop
from tests.simulation.models import engine_of
from tests.simulation.process import Process
from tests.simulation.producer import TransactionalProducer
from topics.partitions import partition_of
from topics.registry import LEAD_ERASURES, LEAD_PROFILES

START_MS = 1_792_879_200_000
BAD_VALUE = b"no JSON"
# How long workers may take until all is scored, committed and published, once nothing goes wrong any more.
PATIENCE_S = 90.0
PUBLISHED_S = 3.0
# The scorer's looks at what is due: the fewer, the more seeds can be played.
LOOK_S = 0.25
LAST_LEAP_MS = 80 * 3_600_000


class BrokenError(Exception):
    """Production code raised what nobody expected."""


class StuckError(Exception):
    """The workers did not come to their end."""


class World:
    """Everything, with a clock that only the actions move."""

    def __init__(self, scenario: act.Scenario) -> None:
        self.scenario = scenario
        self.now_s = 0.0
        self.broker = Broker()
        self.group = Group(scenario.partitions, self.later)
        self.version = 0
        self.processes: list[Process] = []
        self.late: list[Place] = []
        """Where a worker wrote after it had given the partition up."""
        self._leaped_ms = 0
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._counted = 0
        self._delayed_s: dict[Place, float] = {}
        self._published: dict[int, tuple[Place, Record]] = {}
        self._broken: BrokenError | None = None

    # What the parts ask

    def wall_ms(self) -> int:
        """The broker's wall clock."""
        return START_MS + self._leaped_ms + round(self.now_s * 1000)

    def later(self, delay_s: float, call: Callable[[], object]) -> None:
        """Has something happen after a while."""
        self._counted += 1
        heapq.heappush(self._events, (self.now_s + delay_s, self._counted, call))

    def engine(self, version: int) -> Engine:
        """The compiled model in that version."""
        return engine_of(self.scenario.model, version, repriced=not self.scenario.ordered)

    def is_delayed(self, place: Place) -> bool:
        """Whether nothing of it is fetched at present."""
        return self._delayed_s.get(place, 0.0) > self.now_s

    def failed(self, reason: BaseException | None) -> None:
        """A worker ends by itself; that may be because of the broker only."""
        if not isinstance(reason, KafkaError):
            self._broken = BrokenError(f"{type(reason).__name__}: {reason}")

    # The play

    def play(self) -> None:
        """Plays all actions, then heals the world and waits until all is done. Raises StuckError or BrokenError."""
        with _simulated():
            try:
                self.processes = [Process(self, 0) for _ in range(self.scenario.workers)]
                self.run(2.0)
                for action in self.scenario.actions:
                    self.do(action)
                    self.run(0.001)
                self._heal()
                self._leaped_ms += LAST_LEAP_MS
                self.run(PUBLISHED_S)
                self._settle()
            finally:
                for process in self.processes:
                    process.end()

    def run(self, seconds: float) -> None:
        """Lets time pass."""
        until_s = self.now_s + seconds
        while (next_s := self._next_s()) <= until_s:
            self.now_s = max(self.now_s, next_s)
            while self._events and self._events[0][0] <= self.now_s:
                heapq.heappop(self._events)[2]()
            for process in self.processes:
                process.turn()
            if self._broken is not None:
                raise self._broken
        self.now_s = until_s

    def do(self, action: act.Action) -> None:
        """One action."""
        match action:
            case act.Event() | act.Again() | act.Profile() | act.Erasure() | act.Bad():
                self._publish(action)
            case act.Wait(ms):
                self.run(ms / 1000)
            case act.Leap(ms):
                self._leaped_ms += ms
            case act.Skew(worker, ms):
                self.processes[worker].skew_ms = ms
            case act.Crash(worker, at):
                self._trap(worker, at, self.processes[worker].kill)
            case act.Freeze(worker, at, ms):
                process = self.processes[worker]
                self._trap(worker, at, lambda: process.freeze(ms))
            case act.Stop(worker):
                self.processes[worker].stop()
            case act.Start(worker):
                self._start(worker)
            case act.Rejoin():
                self.group.rebalance()
            case act.Slow(worker, output, ms):
                self.processes[worker].requests.slow_s[output] = ms / 1000
            case act.Lost(worker, output, arrived):
                self.processes[worker].requests.lost[output] = arrived
            case act.Delay(number, topic, ms):
                self._delayed_s[topic, number] = self.now_s + ms / 1000
            case act.Compact(number):
                self.broker.compact(("rows", number))
            case act.Truncate(number, topic):
                self.broker.truncate((topic, number), self.group.committed.get((topic, number), 0))
            case act.NewModel():
                self.version += 1

    def _publish(self, action: act.Event | act.Again | act.Profile | act.Erasure | act.Bad) -> None:
        if isinstance(action, act.Again):
            self._publish_again(action.number)
            return
        key = action.lead.encode()
        number = partition_of(key, self.scenario.partitions)
        time_ms = self.broker.next_ms(self.wall_ms())
        match action:
            case act.Event(id_, _, topic, fields, late_ms):
                value = f'{{"event_id": "e{id_}", "occurred_at": {time_ms - late_ms}, {fields[1:]}'.encode()
                self._published[id_] = (topic, number), self.broker.publish((topic, number), key, value, time_ms, None)
            case act.Profile(_, fields):
                self.broker.publish((LEAD_PROFILES.name, number), key, None if fields is None else fields.encode(), time_ms, None)
            case act.Erasure():
                self.broker.publish((LEAD_ERASURES.name, number), key, b'{"requested_at": %d}' % time_ms, time_ms, None)
            case act.Bad(_, topic):
                self.broker.publish((topic, number), key, BAD_VALUE, time_ms, "not-json")

    def _publish_again(self, id_: int) -> None:
        if id_ not in self._published:
            return
        place, first = self._published[id_]
        assert first.key is not None
        # What was truncated unread would be a late event now, and an ordered play has none.
        if not (self.scenario.ordered and (place, first.offset) in self.broker.unread):
            self.broker.publish(place, first.key, first.value, self.wall_ms(), None)

    def _trap(self, worker: int, at: str, trap: Callable[[], None]) -> None:
        if at == act.NOW:
            trap()
        else:
            self.processes[worker].requests.traps[at] = trap

    def _start(self, worker: int) -> None:
        if self.processes[worker].dead:
            self.processes[worker].end()
            self.processes[worker] = Process(self, self.version)

    def _next_s(self) -> float:
        times_s = [next_s for process in self.processes if process.runs and (next_s := process.loop.next_s()) is not None]
        return min([*times_s, *(event[0] for event in self._events[:1])], default=float("inf"))

    def _heal(self) -> None:
        """Nothing goes wrong any more, but for clocks that are; and all workers have the newest model."""
        self._delayed_s.clear()
        for process in self.processes:
            process.requests.clear()
            process.thaw()
            if process.version != self.version:
                process.stop()
        self._settle()

    def _settle(self) -> None:
        until_s = self.now_s + PATIENCE_S
        while not self._is_settled():
            if self.now_s > until_s:
                raise StuckError(f"not settled after {PATIENCE_S:.0f} s: {self._unsettled()}")
            for worker in range(len(self.processes)):
                self._start(worker)
            self.run(0.25)
        self.run(PUBLISHED_S)

    def _is_settled(self) -> bool:
        owned = [one for process in self.processes if process.runs for one in process.scorer.owned.values() if one.recovered and one.live]
        return {one.number for one in owned} == set(range(self.scenario.partitions)) and not self._unsettled()

    def _unsettled(self) -> dict[Place, tuple[int, int]]:
        committed = self.group.committed
        places = [(name, number) for name in INPUTS for number in range(self.scenario.partitions)]
        ends = {place: (max(committed.get(place, 0), self.broker.starts[place]), self.broker.end(place)) for place in places}
        return {place: ends for place, ends in ends.items() if ends[0] < ends[1]}


@contextmanager
def _simulated() -> Iterator[None]:
    """The scorer's clock and its reading of the changelog are the simulation's."""
    log = logging.getLogger("streamer")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with (
            patch.object(scorer, "monotonic", _monotonic),
            patch.object(scorer, "read_changelog", _read_changelog),
            patch.multiple(scorer, TICK_S=LOOK_S, PUBLISH_PAUSE_S=LOOK_S, PUBLISH_PAUSE_IDLE_S=LOOK_S),
            patch.object(transaction, "start_transactional_producer", _start_producer),
        ):
            yield
    finally:
        log.setLevel(level)


def _process() -> Process:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ProcessLoop)
    process = loop.owner
    assert isinstance(process, Process)
    return process


def _monotonic() -> float:
    return _process().loop.time()


async def _start_producer(settings: object, name: str) -> TransactionalProducer:
    producer = TransactionalProducer(_process(), name)
    await producer.start()
    return producer


async def _read_changelog(
    settings: object, topic: str, number: int, restore: Callable[[Any, Any], None], on_rows: Callable[[int], None]
) -> int:
    world = _process().world
    written = world.broker.visible((topic, number))
    await asyncio.sleep(world.scenario.latency_ms / 1000)
    for one in written:
        restore(one.key, one.value)
    on_rows(len(written))
    return len(written)
