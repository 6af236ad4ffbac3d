"""A load comes in; its records leave as the topics of one partition, with no broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tests.prove.load import Load
from topics.registry import INPUT_TOPICS, Topic


@dataclass
class Record:
    """A record as a consumer has it; it may be changed."""

    offset: int
    key: bytes
    value: bytes
    timestamp: int
    headers: tuple[tuple[str, bytes], ...] = ()


class Published(NamedTuple):
    """A record with its topic."""

    topic: Topic
    record: Record


def published(load: Load) -> list[Published]:
    """All records of a load for one partition, in the order of their publishing."""
    ends = dict.fromkeys(INPUT_TOPICS, 0)
    found: list[Published] = []
    for day in range(load.days + 1):
        for topic, key, value, timestamp_ms, _ in load.of_day(day):
            found.append(Published(topic, Record(ends[topic], key, value, timestamp_ms)))
            ends[topic] += 1
    return found


def by_topic(records: list[Published]) -> dict[str, list[Record]]:
    """The records of each input topic."""
    return {topic.name: [one.record for one in records if one.topic is topic] for topic in INPUT_TOPICS}
