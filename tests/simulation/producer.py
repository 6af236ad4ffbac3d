"""The producer of a simulated worker: batches leave for the broker and are acked late, never, or when the worker is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaTimeoutError

if TYPE_CHECKING:
    from tests.simulation.process import Process

GIVEN_UP_S = 3.0


class Batch:
    """A batch of few records."""

    def __init__(self, most: int) -> None:
        self.records: list[tuple[Any, Any]] = []
        self._most = most

    def append(self, *, key: Any, value: Any, timestamp: Any) -> object:
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
        result = effect()
        trap = self.traps.pop(f"{output} after", None)
        if trap is not None and not process.dead:
            trap()
        if answers:
            process.world.later(self._latency_s, lambda: process.deliver(lambda: _answer(answer, result)))


def _answer(answer: asyncio.Future[Any], result: Any) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[Any]) -> None:
    if not answer.done():
        answer.set_exception(KafkaTimeoutError())


class Producer:
    """What the production code sees of aiokafka's producer."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def create_batch(self) -> Batch:
        """An empty batch."""
        return Batch(self._process.world.scenario.batch_records)

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        """Sends a batch; the future is done when the broker has it."""
        process, owned = self._process, self._process.scorer.owned.get(partition)
        return process.requests.send(topic, lambda: process.world.write((topic, partition), batch.records, process, owned))
