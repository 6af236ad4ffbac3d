"""The broker as the simulation has it: input topics that may be truncated, output topics, a changelog that may be compacted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from itertools import takewhile
from typing import NamedTuple

from aiokafka.errors import ProducerFenced

from streamer.score.records import Record
from topics.registry import ACTIVITIES, CALLS, LEAD_ERASURES, LEAD_PROFILES, PAGE_VIEWS, Topic

INPUTS: dict[str, Topic] = {topic.name: topic for topic in (PAGE_VIEWS, CALLS, ACTIVITIES, LEAD_PROFILES, LEAD_ERASURES)}
"""The topics that are simulated, in the order of the registry."""
Place = tuple[str, int]
"""Topic and partition number."""


class Published(NamedTuple):
    """A record of an input topic, and the reason for which it must be rejected, if it must be."""

    record: Record
    refused: str | None


class State(Enum):
    """What became of a transaction."""

    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Transaction:
    """What is to become visible at once, or not at all."""

    def __init__(self, name: str, epoch: int) -> None:
        self.name = name
        self.epoch = epoch
        self.state = State.OPEN
        self.offsets: dict[Place, int] = {}


@dataclass(frozen=True)
class Written:
    """A record of an output topic; `stale` when its writer had lost the partition by the time it arrived, and nothing shut it out."""

    key: bytes | None
    value: bytes | None
    stale: bool
    transaction: Transaction | None = field(default=None, compare=False)

    @property
    def visible(self) -> bool:
        """Whether a reader of committed records sees it."""
        return self.transaction is None or self.transaction.state is State.COMMITTED


class Broker:
    """All topics."""

    def __init__(self) -> None:
        self.inputs: defaultdict[Place, list[Published]] = defaultdict(list)
        self.starts: defaultdict[Place, int] = defaultdict(int)
        self.read_to: defaultdict[Place, int] = defaultdict(int)
        """The first offset that no worker ever fetched."""
        self.unread: set[tuple[Place, int]] = set()
        """What was truncated before anybody fetched it."""
        self.outputs: defaultdict[Place, list[Written]] = defaultdict(list)
        self.shut_out = 0
        """How often a producer was refused that has a successor."""
        self._newest_ms = 0
        self._epochs: defaultdict[str, int] = defaultdict(int)
        self._open: dict[str, Transaction] = {}

    def publish(self, place: Place, key: bytes, value: bytes | None, now_ms: int, refused: str | None) -> Record:
        """Appends a record; no two have the same time, so that their order is the same for every reader."""
        self._newest_ms = max(now_ms, self._newest_ms + 1)
        published = self.inputs[place]
        record = Record(key, value, len(published), self._newest_ms)
        published.append(Published(record, refused))
        return record

    def next_ms(self, now_ms: int) -> int:
        """The time that the next record will have."""
        return max(now_ms, self._newest_ms + 1)

    def end(self, place: Place) -> int:
        """The offset of the next record."""
        return len(self.inputs[place])

    def fetch(self, place: Place, position: int, most: int) -> tuple[list[Record], int]:
        """Records from a position on, or from the start of what is left; and the position behind them."""
        position = max(position, self.starts[place])
        records = [published.record for published in self.inputs[place][position : position + most]]
        position += len(records)
        self.read_to[place] = max(self.read_to[place], position)
        return records, position

    def truncate(self, place: Place, committed: int) -> None:
        """Takes the oldest records: those that are committed; and those nobody has read, if nothing lies between."""
        read_to, end = self.read_to[place], self.end(place)
        if committed < read_to:
            end = committed
        self.unread |= {(place, offset) for offset in range(max(read_to, self.starts[place]), end)}
        self.starts[place] = max(self.starts[place], end)

    def remaining(self, place: Place) -> list[Published]:
        """The records that must be scored: all but those that were gone before anybody could read them."""
        return [one for one in self.inputs[place] if (place, one.record.offset) not in self.unread]

    def compact(self, place: Place) -> None:
        """Leaves the newest record of each key.

        Not where a zombie's row came last: compaction would take the newer row of the new owner, which nothing can mend at
        `at_least_once`. Kafka's `min.compaction.lag.ms` gives that row time to be written again.
        """
        written = self.outputs[place]
        newest = {one.key: one for one in written if one.visible}
        self.outputs[place] = [one for one in written if not one.visible or newest[one.key] is one or newest[one.key].stale]

    # Output topics

    def write(self, place: Place, written: Iterable[Written]) -> None:
        """Appends records. Raises ProducerFenced for a transaction whose producer has a successor."""
        for one in written:
            if one.transaction is not None:
                self._check(one.transaction)
                self._open[one.transaction.name] = one.transaction
            self.outputs[place].append(one)

    def visible(self, place: Place) -> list[Written]:
        """What a reader of committed records gets: as far as no transaction is open."""
        settled = takewhile(lambda one: one.transaction is None or one.transaction.state is not State.OPEN, self.outputs[place])
        return [one for one in settled if one.visible]

    def fence(self, name: str) -> int:
        """A producer starts under this transactional id: the one before is shut out, and what it left open is undone."""
        before = self._open.pop(name, None)
        if before is not None:
            before.state = State.ABORTED
        self._epochs[name] += 1
        return self._epochs[name]

    def note_offsets(self, transaction: Transaction, offsets: dict[Place, int]) -> None:
        """Offsets that will be committed with the transaction. Raises ProducerFenced."""
        self._check(transaction)
        transaction.offsets |= offsets

    def end_transaction(self, transaction: Transaction, state: State) -> dict[Place, int]:
        """Ends a transaction; the offsets to be committed leave. Raises ProducerFenced."""
        self._check(transaction)
        self._open.pop(transaction.name, None)
        if transaction.state is State.OPEN:
            transaction.state = state
        return transaction.offsets if transaction.state is State.COMMITTED else {}

    def _check(self, transaction: Transaction) -> None:
        if transaction.epoch != self._epochs[transaction.name]:
            self.shut_out += 1
            raise ProducerFenced
