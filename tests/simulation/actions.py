"""What can happen in a simulation, as values whose `repr` can be pasted into a test."""

from __future__ import annotations

from dataclasses import dataclass

OUTPUTS = ("alerts", "rejects", "scores", "rows", "offsets", "transaction")
"""What a worker sends to the broker: the steps of a commit. The last one, where the guarantee is exactly once, ends the transaction."""
NOW = "now"


@dataclass(frozen=True)
class Event:
    """An event is published; `late_ms` after it happened. `number` makes its id."""

    number: int
    lead: str
    topic: str
    fields: str
    late_ms: int = 0


@dataclass(frozen=True)
class Again:
    """The event of that number is published once more."""

    number: int


@dataclass(frozen=True)
class Profile:
    """A profile, or the removal of it."""

    lead: str
    fields: str | None


@dataclass(frozen=True)
class Erasure:
    """A lead asks to be forgotten."""

    lead: str


@dataclass(frozen=True)
class Bad:
    """A record that must be rejected."""

    lead: str
    topic: str


@dataclass(frozen=True)
class Wait:
    """Time passes for all."""

    ms: int


@dataclass(frozen=True)
class Leap:
    """Every wall clock leaps ahead; nobody has waited."""

    ms: int


@dataclass(frozen=True)
class Skew:
    """From now on a worker's wall clock is off by this much."""

    worker: int
    ms: int


@dataclass(frozen=True)
class Crash:
    """A worker is killed: at once, or when it sends something next: `rows before` the broker has it, or `rows after`."""

    worker: int
    at: str


@dataclass(frozen=True)
class Freeze:
    """A worker stands still for a while, from a point as for `Crash`; past its session it wakes as a zombie."""

    worker: int
    at: str
    ms: int


@dataclass(frozen=True)
class Stop:
    """A worker is told to end."""

    worker: int


@dataclass(frozen=True)
class Start:
    """A worker that ended is started again."""

    worker: int


@dataclass(frozen=True)
class Rejoin:
    """The group rebalances, though nobody came or went."""


@dataclass(frozen=True)
class Slow:
    """The broker has the worker's next request only after this time."""

    worker: int
    output: str
    ms: int


@dataclass(frozen=True)
class Lost:
    """The worker's next request is never acked, whether it arrived or not, until the worker gives up."""

    worker: int
    output: str
    arrived: bool


@dataclass(frozen=True)
class Delay:
    """Nothing is fetched of one topic's partition for a while."""

    number: int
    topic: str
    ms: int


@dataclass(frozen=True)
class Compact:
    """The changelog of a partition is compacted."""

    number: int


@dataclass(frozen=True)
class Truncate:
    """The retention of a topic's partition takes what it may: all that is committed, or that nobody has read."""

    number: int
    topic: str


@dataclass(frozen=True)
class NewModel:
    """Workers that start from now on have another model."""


Action = (
    Event
    | Again
    | Profile
    | Erasure
    | Bad
    | Wait
    | Leap
    | Skew
    | Crash
    | Freeze
    | Stop
    | Start
    | Rejoin
    | Slow
    | Lost
    | Delay
    | Compact
    | Truncate
    | NewModel
)


@dataclass(frozen=True)
class Scenario:
    """A simulation to be played. Where `ordered`, every record is taken in the order of time whatever happens, so that each alert
    is known; else events are late, topics are delayed and clocks are fast, and what must be right are the scores in the end."""

    ordered: bool
    exactly_once: bool
    model: str
    partitions: int
    workers: int
    latency_ms: int
    batch_records: int
    chunk_records: int
    fetch_records: int
    actions: tuple[Action, ...]
