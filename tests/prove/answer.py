"""The input topics of one partition number come in; what must come of them leaves: the proof's own answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.prove.days import DAY_MS
from tests.prove.forwards import origin_of
from tests.prove.producers import fingerprint
from tests.prove.records import Seen, seen
from tests.prove.truth import LeadTruth
from tests.system.expected import ToldAlert
from topics.partitions import partition_of
from topics.registry import INPUT_TOPICS, LEAD_ERASURES


@dataclass
class Topics:
    """All records of one partition number, by topic without the prefix."""

    number: int
    partitions: int
    records: dict[str, list[Any]]


@dataclass
class Answer:
    """What must be there at the end. `refused` are the reasons by topic and offset.

    `misplaced` are the records whose key belongs elsewhere, `forwarded` those that came from there: first place and content.
    """

    leads: dict[str, LeadTruth] = field(default_factory=dict)
    alerts: Counter[ToldAlert] = field(default_factory=Counter)
    refused: dict[tuple[str, int], str] = field(default_factory=dict)
    misplaced: Counter[tuple[str, int]] = field(default_factory=Counter)
    forwarded: Counter[tuple[str, int]] = field(default_factory=Counter)
    erased: int = 0
    clock_ms: int = 0


def answer_of(prefix: str, topics: Topics) -> Answer:
    """Reads the records and works everything out, lead by lead."""
    answer = Answer()
    of_leads: defaultdict[str, list[tuple[int, bool, str, Seen]]] = defaultdict(list)
    for topic in INPUT_TOPICS:
        for record in topics.records[topic.name]:
            key, content = record.key.decode(), fingerprint(record.key, record.value)
            place, origin = f"{prefix}{topic.name}/{topics.number}/{record.offset}", origin_of(record.headers)
            found = seen(topic.name, record.offset, origin or place, key, record.value, record.timestamp)
            if not isinstance(found, Seen):
                answer.refused[topic.name, record.offset] = found
            elif partition_of(record.key, topics.partitions) != topics.number:
                answer.misplaced[place, content] += 1
            else:
                of_leads[key].append((record.timestamp // DAY_MS, topic is not LEAD_ERASURES, topic.name, found))
                if origin is not None:
                    answer.forwarded[origin, content] += 1
    for key, records in of_leads.items():
        # A day's erasures come before its events; otherwise it is the order of the lead's one topic.
        if any(not is_event for _, is_event, _, _ in records):
            records.sort(key=lambda one: one[:2])
        _live(answer, key, topics.number, records)
    for lead in answer.leads.values():
        lead.advance(answer.clock_ms)
        answer.alerts.update(lead.alerts)
    return answer


def _live(answer: Answer, key: str, number: int, records: list[tuple[int, bool, str, Seen]]) -> None:
    homes = {topic for _, is_event, topic, _ in records if is_event}
    assert len(homes) <= 1, "the load keeps a lead in one topic"
    lead = LeadTruth(key, next(iter(homes), ""), number)
    for _, is_event, _, record in records:
        if is_event:
            if lead.take(record):
                answer.clock_ms = max(answer.clock_ms, record.time_ms)
        else:
            answer.alerts.update(lead.alerts)
            answer.erased += 1
            lead = lead.erased(record)
    answer.leads[key] = lead
