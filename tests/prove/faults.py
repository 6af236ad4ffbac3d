"""A kind of fault comes in; it is done to a worker or a broker, and what shows that it happened leaves."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from tests.kafka import KafkaBroker
from tests.prove.fleet import Fleet, Member
from tests.prove.progress import Offsets, Progress, until

PAUSE_S_MAX: Final = 2.0


@dataclass
class Fault:
    """One fault, what was there before it, and what came of it."""

    kind: str
    at_s: float
    acked_before: Offsets
    committed_before: int
    shown: str = ""
    again_s: float | None = None
    committed: int = 0
    is_waited_for: bool = True


@dataclass
class Faults:
    """Does faults to the workers and the brokers."""

    fleet: Fleet
    brokers: list[KafkaBroker]
    progress: Progress
    rng: Random
    done: list[Fault] = field(default_factory=list)
    _unsettled: list[Fault] = field(default_factory=list)

    async def ready(self) -> None:
        """Waits until the workers own everything."""
        await self._shared(0, lambda: self.fleet.running)

    async def do(self, kind: str, *, waited_for: bool) -> Fault:
        """Does one fault and sees that it happened. `waited_for`: and that everything published before it is scored again."""
        committed = self.progress.total
        fault = Fault(kind, time.monotonic(), dict(self.progress.acked), committed)
        fault.is_waited_for = waited_for
        self._unsettled.append(fault)
        fault.shown = await getattr(self, "_" + kind.replace(" ", "_"))()
        if waited_for:
            await self.settle()
        self.done.append(fault)
        return fault

    async def settle(self) -> None:
        """Waits until what was published before the open faults is scored, and more was scored since each."""
        unsettled, self._unsettled = self._unsettled, []
        for fault in unsettled:
            await until(partial(self._is_settled, fault), partial(self._unsettled_state, fault))
            fault.committed = self.progress.total - fault.committed_before
            fault.again_s = time.monotonic() - fault.at_s

    def _is_settled(self, fault: Fault) -> bool:
        return self.progress.total > fault.committed_before and self.progress.is_scored(fault.acked_before)

    def _unsettled_state(self, fault: Fault) -> str:
        return f"work does not go on after {fault.kind}: {fault.shown}; {self._state()}"

    # Kinds

    async def _kill(self) -> str:
        victim, generation = self._somebody(), self.fleet.generation()
        self._end(victim, signal.SIGKILL)
        await self._pause()
        self.fleet.start()
        return await self._ended(victim, generation, -signal.SIGKILL)

    async def _kill_in_recovery(self) -> str:
        first, generation = self._somebody(), self.fleet.generation()
        self._end(first, signal.SIGKILL)
        for _ in range(10):
            second = self.fleet.start()
            await until(partial(second.has_said, "assigned"), lambda: f"no assignment: {self._state()}")
            self._end(second, signal.SIGKILL)
            unrecovered = second.assignment[2]
            if unrecovered:
                self.fleet.start()
                shown = await self._ended(first, generation, -signal.SIGKILL)
                return f"{second} was killed before it had recovered {_listed(unrecovered)}; {shown}"
        raise AssertionError("no worker was met in its recovery")

    async def _deploy(self) -> str:
        victim, generation = self._somebody(), self.fleet.generation()
        self.fleet.version += 1
        self._end(victim, signal.SIGTERM)
        self.fleet.start()
        shown = await self._ended(victim, generation, 0)
        versions = sorted({member.version for member in self.fleet.running})
        return f"{shown}; side by side: {', '.join(versions)}"

    async def _freeze(self) -> str:
        victim, generation = self._somebody(), self.fleet.generation()
        had = victim.assignment[1]
        victim.worker.signal(signal.SIGSTOP)
        await until(lambda: victim.frozen, lambda: f"{victim} does not stop")
        await self._shared(generation, lambda: [member for member in self.fleet.running if member is not victim])
        assert victim.frozen
        moved_in = self.fleet.generation()
        victim.worker.signal(signal.SIGCONT)
        await self._shared(moved_in, lambda: self.fleet.running)
        moved = f"its {_listed(had)} moved to others in generation {moved_in}"
        return f"{victim} stood still, {moved}; it was back in generation {self.fleet.generation()}"

    async def _broker(self) -> str:
        broker = self.rng.choice(self.brokers)
        before, kill = broker.process.pid, self.rng.random() < 0.5
        await asyncio.to_thread(lambda: broker.stop(kill=kill))
        ended_with = broker.process.returncode
        assert ended_with == -signal.SIGKILL if kill else ended_with is not None
        await self._pause()
        await asyncio.to_thread(broker.start)
        return f"broker {broker.address} (process {before}) ended with {ended_with}; process {broker.process.pid} listens"

    async def _more(self) -> str:
        generation, member = self.fleet.generation(), self.fleet.start()
        await self._shared(generation, lambda: self.fleet.running)
        assert member.assignment[1], f"{member} has nothing to do"
        return f"{member} came and owns {_listed(member.assignment[1])}; {len(self.fleet.running)} workers"

    async def _fewer(self) -> str:
        victim, generation = self._somebody(), self.fleet.generation()
        self._end(victim, signal.SIGTERM)
        return await self._ended(victim, generation, 0) + f"; {len(self.fleet.running)} workers"

    # What happened

    def _somebody(self) -> Member:
        return self.rng.choice(self.fleet.running)

    def _end(self, member: Member, number: signal.Signals) -> None:
        member.told_to_end = True
        member.worker.signal(number)

    async def _ended(self, member: Member, generation: int, code: int) -> str:
        """Sees the process gone, with this exit code, and its partitions with others."""
        had = member.assignment[1]
        await until(lambda: not member.runs, lambda: f"{member} does not end: {member.worker.lines[-2000:]}")
        got = member.worker.process.returncode
        assert got == code, f"{member} ended with {got}, expected {code}: {member.worker.lines[-2000:]}"
        await self._shared(generation, lambda: self.fleet.running)
        how = "ended with 0" if code == 0 else "was killed"
        return f"{member} {how}, its {_listed(had)} were recovered by others in generation {self.fleet.generation()}"

    async def _shared(self, generation: int, among: Callable[[], list[Member]]) -> None:
        await until(lambda: self.fleet.shared_after(generation, among()), lambda: f"partitions are not shared out: {self._state()}")

    async def _pause(self) -> None:
        await asyncio.sleep(self.rng.uniform(0, PAUSE_S_MAX))

    def _state(self) -> str:
        behind = {place: offset - self.progress.committed[place] for place, offset in self.progress.acked.items()}
        left = {f"{topic}/{number}": count for (topic, number), count in behind.items() if count > 0}
        return f"behind by {left}; " + "; ".join(f"{member}: {member.worker.lines[-600:]}" for member in self.fleet.running)


def _listed(numbers: set[int]) -> str:
    return "partitions " + ",".join(map(str, sorted(numbers))) if numbers else "no partitions"
