"""A simulated worker process: the production scorer in a loop of its own, which can be killed, frozen, stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from streamer.score.partition import Partition
from streamer.settings import Settings
from streamer.stream.owned import OutputTopics
from streamer.stream.scorer import Scorer
from streamer.stream.sink import AtLeastOnce, Sink
from streamer.stream.transaction import ExactlyOnce
from tests.simulation.group import SESSION_S
from tests.simulation.loop import ProcessLoop
from tests.simulation.producer import Producer, Requests
from tests.simulation.reader import Reader

if TYPE_CHECKING:
    from tests.simulation.world import World

TOPICS = OutputTopics("alerts", "rejects", "scores")
CHANGELOG = "rows"
# From a worker's leaving of the group to its end the client closes its connections and threads, while others own its partitions.
CLOSING_S = 2.0


class Process:
    """One incarnation of a worker."""

    def __init__(self, world: World, version: int) -> None:
        self.world = world
        self.version = version
        self.dead = False
        self.frozen = False
        self._waking = False
        self.skew_ms = 0
        self._ending = False
        self.loop = ProcessLoop(self, world.now_s)
        self.requests = Requests(self, world.scenario.latency_ms / 1000)
        self.reader = Reader(self)
        self.scorer: Scorer
        self._inbox: list[Callable[[], object]] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._run(self._work())

    @property
    def runs(self) -> bool:
        """Whether it is neither dead nor frozen."""
        return not self.dead and not self.frozen

    def wall_ms(self) -> int:
        """The process's wall clock."""
        return self.world.wall_ms() + self.skew_ms

    def owns(self, number: int, owned: object) -> bool:
        """Whether the partition is this process's, and the same as it was."""
        return self.world.group.assignment.get(number) is self and self.scorer.owned.get(number) is owned

    def turn(self) -> None:
        """Does what can be done now."""
        if self.runs:
            self.loop.turn(self.world.now_s, lambda: self.runs)

    def deliver(self, call: Callable[[], object]) -> None:
        """Hands the process a message from outside."""
        if self.frozen or self._waking:
            self._inbox.append(call)
        elif not self.dead:
            self.loop.call_soon(call)

    # What is done to it

    def kill(self) -> None:
        """kill -9: the group notices when the session ends."""
        if not self.dead:
            self.dead = True
            self.world.later(SESSION_S, lambda: self.world.group.evict(self))

    def freeze(self, ms: int) -> None:
        """SIGSTOP, and SIGCONT after this time."""
        if self.runs:
            self.frozen = True
            self.world.group.zombies.add(self)
            self.world.later(SESSION_S, self._miss_heartbeat)
            self.world.later(ms / 1000, self.thaw)

    def thaw(self) -> None:
        """It goes on: first with what it had in hand, then with what has come."""
        if self.frozen and not self.dead:
            self.frozen, self._waking = False, True
            self.turn()
            self._waking = False
            inbox, self._inbox = self._inbox, []
            for call in inbox:
                self.deliver(call)

    def stop(self) -> None:
        """SIGTERM: commits what is scored and leaves."""
        self.deliver(lambda: self._run(self._stop()))

    def end(self) -> None:
        """Nothing is left of it."""
        self.dead = True
        self.loop.end()

    # What the group says

    def revoke(self, round_number: int) -> None:
        """Finishes what is owned."""

        async def finish() -> None:
            await self.reader.revoked()
            self.world.group.is_ready(self, round_number)

        self._run(finish())

    def assign(self, numbers: set[int], generation: int) -> None:
        """Owns these partitions, unless it is on its way out."""
        if not self._ending:
            self.reader.assigned(numbers, generation)

    def evicted(self) -> None:
        """Gives up what it owns and joins again."""

        async def come_back() -> None:
            await self.reader.revoked()
            if not self._ending:
                self.world.group.join(self)

        self._run(come_back())

    # Inside

    def _miss_heartbeat(self) -> None:
        if self.frozen:
            self.world.group.evict(self)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.remove(task)
        if not self.dead and not task.cancelled() and task.exception() is not None:
            self.world.failed(task.exception())

    async def _work(self) -> None:
        world = self.world
        settings = Settings(app="simulation", guarantee="exactly_once" if world.scenario.exactly_once else "at_least_once")
        self.scorer = Scorer(settings, self._make_partition, self._make_sink, TOPICS, CHANGELOG, self.wall_ms)
        for work in (self.scorer.run(self.reader), self.scorer.publish(), self.reader.read(), self.reader.commit_offsets()):
            self._run(work)
        world.group.join(self)
        world.failed(await self.scorer.failure)
        world.group.zombies.add(self)
        await self._stop()

    async def _stop(self) -> None:
        self._ending = True
        await self.reader.settled()
        self.world.group.leave(self)
        await asyncio.sleep(CLOSING_S)
        await self.scorer.close()
        self.dead = True

    def _make_partition(self, number: int) -> Partition:
        return Partition(self.world.engine(self.version), number)

    def _make_sink(self, number: int, on_failure: Callable[[BaseException], None]) -> Sink:
        if self.world.scenario.exactly_once:
            return ExactlyOnce(Settings(app="simulation"), CHANGELOG, number)
        producer: Any = Producer(self)
        return AtLeastOnce(producer, CHANGELOG, number, on_failure)
