"""The producer of a simulated worker: batches leave for the broker and are acked late, never, or when the worker is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaError, KafkaTimeoutError

from tests.simulation.broker import State, Transaction, Written

if TYPE_CHECKING:
    from tests.simulation.process import Process

GIVEN_UP_S = 3.0


class Batch:
    """A batch of few records."""

    def __init__(self, most: int) -> None:
        self.records: list[tuple[Any, Any]] = []
        self._most = most

    def append(self, *, key: Any, value: Any, timestamp: Any, headers: Any) -> object:
        """Takes a record; None when the batch is full."""
        if len(self.records) == self._most:
            return None
        self.records.append((key, value))
        return True

    def record_count(self) -> int:
        """How many it holds."""
        return len(self.records)


class Requests:
    """The way of a worker's requests to the broker and back, with what goes wrong on it."""

    def __init__(self, process: Process, latency_s: float) -> None:
        self._process = process
        self._latency_s = latency_s
        self.slow_s: dict[str, float] = {}
        self.lost: dict[str, bool] = {}
        self.traps: dict[str, Callable[[], None]] = {}

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.slow_s.clear()
        self.lost.clear()
        self.traps.clear()

    def send(self, output: str, effect: Callable[[], Any]) -> asyncio.Future[Any]:
        """Sends a request that has this effect on the broker; its answer comes back."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        trap = self.traps.pop(f"{output} before", None)
        if trap is not None:
            trap()
        asyncio.get_running_loop().call_soon(self._transmit, output, effect, answer)
        return answer

    def _transmit(self, output: str, effect: Callable[[], Any], answer: asyncio.Future[Any]) -> None:
        process = self._process
        if process.dead:
            return
        arrives_s = self._latency_s + self.slow_s.pop(output, 0.0)
        lost = self.lost.get(output)
        if lost is not None:
            # What comes after a request that never arrived is refused: the broker misses its sequence number.
            self.lost = {name: arrived for name, arrived in self.lost.items() if name != output or not arrived}
            asyncio.get_running_loop().call_later(GIVEN_UP_S, _fail, answer)
        if lost is not False:
            process.world.later(arrives_s, lambda: self._arrive(output, effect, answer, answers=lost is None))

    def _arrive(self, output: str, effect: Callable[[], Any], answer: asyncio.Future[Any], *, answers: bool) -> None:
        process = self._process
        try:
            result = effect()
        except KafkaError as error:
            result = error
        trap = self.traps.pop(f"{output} after", None)
        if trap is not None and not process.dead:
            trap()
        if answers:
            process.world.later(self._latency_s, lambda: process.deliver(lambda: _answer(answer, result)))


def _answer(answer: asyncio.Future[Any], result: Any) -> None:
    if answer.done():
        return
    if isinstance(result, KafkaError):
        answer.set_exception(result)
    else:
        answer.set_result(result)


def _fail(answer: asyncio.Future[Any]) -> None:
    if not answer.done():
        answer.set_exception(KafkaTimeoutError())


class Producer:
    """What the production code sees of aiokafka's producer."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._transaction: Transaction | None = None

    def create_batch(self) -> Batch:
        """An empty batch."""
        return Batch(self._process.world.scenario.batch_records)

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        """Sends a batch; the future is done when the broker has it."""
        process, transaction = self._process, self._transaction
        owned = process.scorer.owned.get(partition)

        def write() -> None:
            stale = transaction is None and not process.owns(partition, owned)
            group = process.world.group
            if transaction is None and group.assignment.get(partition) is not process and process not in group.zombies:
                process.world.late.append((topic, partition))
            process.world.broker.write((topic, partition), [Written(*keyed, stale, transaction) for keyed in batch.records])

        return process.requests.send(topic, write)


class TransactionalProducer(Producer):
    """The same with transactions."""

    def __init__(self, process: Process, name: str) -> None:
        super().__init__(process)
        self._name = name
        self._epoch = 0

    async def start(self) -> None:
        """Shuts out whoever had the name before."""
        self._epoch = await self._process.requests.send("start", lambda: self._process.world.broker.fence(self._name))

    async def begin_transaction(self) -> None:
        """What is sent from here on is of one transaction."""
        self._transaction = Transaction(self._name, self._epoch)

    async def send_offsets_to_transaction(self, offsets: dict[Any, int], group_id: str) -> None:
        """Offsets to be committed with it."""
        transaction, broker = self._transaction, self._process.world.broker
        assert transaction is not None
        places = {(place.topic, place.partition): offset for place, offset in offsets.items()}
        await self._process.requests.send("offsets", lambda: broker.note_offsets(transaction, places))

    async def commit_transaction(self) -> None:
        """All of it becomes visible."""
        await self._end(State.COMMITTED)

    async def abort_transaction(self) -> None:
        """Nothing of it ever becomes visible."""
        await self._end(State.ABORTED)

    async def stop(self) -> None:
        """Nothing is sent any more."""

    async def _end(self, state: State) -> None:
        transaction, world = self._transaction, self._process.world
        assert transaction is not None
        await self._process.requests.send(
            "transaction", lambda: world.group.committed.update(world.broker.end_transaction(transaction, state))
        )
        self._transaction = None
