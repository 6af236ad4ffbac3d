"""Where a partition's outputs and rows go. A guarantee is a form of it: this one sends at least once, `transaction` exactly once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer

from streamer.stream.output import Outlet, Output, send

# Gets a topic and outputs.
OnAcked = Callable[[str, Sequence[Output]], None]


class Sink(Protocol):
    """The way out of one partition number. A row counts only once all that was put before its commit is there to be read."""

    @property
    def commit_live_ms(self) -> int:
        """How long a live partition waits between two commits."""

    @property
    def commit_backlog_ms(self) -> int:
        """The same while a backlog is read."""

    on_acked: OnAcked
    """Told of outputs that are there to be read now."""

    async def open(self) -> None:
        """Comes before recovery: shuts out whoever wrote for this partition number before, where the guarantee asks for that."""

    def put(self, topic: str, outputs: Sequence[Output], number: int | None = None) -> None:
        """Takes outputs for one partition of a topic, as a rule the one with this sink's number."""

    def commit(self, rows: Sequence[Output], offsets: Mapping[str, int]) -> Coroutine[Any, Any, None]:
        """Brings what was put before this call, the rows, and where the guarantee asks for that the offsets by topic, to the broker.

        The chunks may be acked once it is awaited. Raises KafkaError, and may not be used any more then.
        """

    async def close(self) -> None:
        """Nothing is sent any more."""


def untold(topic: str, outputs: Sequence[Output]) -> None:
    """Nobody wants to know."""


# The sink of a partition number; it reports by the second what goes wrong between two commits.
SinkMaker = Callable[[int, Callable[[BaseException], None]], Sink]


class AtLeastOnce:
    """Outputs go out as they are put; a commit waits for their acks before it sends the rows. Faust commits the offsets of what is acked.

    A crash before the rows puts the outputs out again: an alert may come twice, with the same `alert_id`.
    """

    # Rows of a lead are written as often as its scores at most. A crash repeats so much, whether a backlog is read or not.
    commit_live_ms: Final = 1_000
    # A lead that is met again before the commit costs no second row: while a backlog is read they all come again.
    commit_backlog_ms: Final = 5_000

    def __init__(self, producer: AIOKafkaProducer, changelog: str, number: int, on_failure: Callable[[BaseException], None]) -> None:
        self._producer = producer
        self._changelog = changelog
        self._number = number
        self._on_failure = on_failure
        self.on_acked: OnAcked = untold
        self._outlets: dict[tuple[str, int], Outlet] = {}

    async def open(self) -> None:
        """Nothing to do: who owned the partition before may still send what is a repeat."""

    def put(self, topic: str, outputs: Sequence[Output], number: int | None = None) -> None:
        """Sends them at once."""
        place = topic, self._number if number is None else number
        if outputs and place not in self._outlets:
            self._outlets[place] = Outlet(self._producer, *place, self._on_failure, partial(self.on_acked, topic))
        if outputs:
            self._outlets[place].put(outputs)

    async def commit(self, rows: Sequence[Output], offsets: Mapping[str, int]) -> None:
        """Waits for the outputs, then sends the rows."""
        for outlet in tuple(self._outlets.values()):
            await outlet.acked()
        await send(self._producer, self._changelog, self._number, rows)

    async def close(self) -> None:
        """What waits to be sent is dropped; the producer is others' too."""
        for outlet in self._outlets.values():
            outlet.stop()
