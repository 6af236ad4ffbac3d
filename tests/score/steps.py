"""What can happen to a partition, one step after the other; and the steps as lines of `streamer score`, to see a failure again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from topics.registry import BY_NAME

START_MS = 1_792_879_200_000
"""2026-10-24T22:00:00Z, Sunday's first moment in Warsaw; summer time ends there three hours later."""


@dataclass(frozen=True)
class Event:
    """A record of an event topic."""

    topic: str
    lead: str
    time_ms: int
    value: dict[str, Any]
    timestamp_ms: int | None = None
    """The record's own time; the event's, if it is not given."""


@dataclass(frozen=True)
class Profile:
    """A record of `lead-profiles`; no value removes the profile."""

    lead: str
    time_ms: int
    value: dict[str, Any] | None


@dataclass(frozen=True)
class Erasure:
    """A record of `lead-erasures`: the lead asked to be forgotten at this time."""

    lead: str
    time_ms: int


@dataclass(frozen=True)
class Advance:
    """The clock moves on, with no record."""

    time_ms: int


@dataclass(frozen=True)
class Flush:
    """The rows are written down, and read again when they are needed."""


@dataclass(frozen=True)
class Restart:
    """The worker starts again from the rows that it wrote down."""


Step = Event | Profile | Erasure | Advance | Flush | Restart


def as_record(step: Event | Profile | Erasure) -> tuple[str, dict[str, Any] | None, int]:
    """The topic, value and timestamp of a step's record."""
    if isinstance(step, Profile):
        return "lead-profiles", step.value, step.time_ms
    if isinstance(step, Erasure):
        return "lead-erasures", {"lead_id": step.lead, "requested_at": step.time_ms}, step.time_ms
    value = {**step.value, "occurred_at": step.time_ms}
    return step.topic, value, step.time_ms if step.timestamp_ms is None else step.timestamp_ms


def as_lines(steps: list[Step]) -> str:
    """The records of the steps, for `streamer score MODEL FILE`."""
    lines = []
    for step in steps:
        if isinstance(step, Event | Profile | Erasure):
            topic, value, timestamp_ms = as_record(step)
            assert topic in BY_NAME
            lines.append(json.dumps({"topic": topic, "key": step.lead, "value": value, "timestamp": timestamp_ms}))
        else:
            lines.append(f"# {step}")
    return "\n".join(lines)
