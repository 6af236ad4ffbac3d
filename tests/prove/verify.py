"""The topics of one partition number come in; what they say, and every difference from the proof's own answer, leaves.

Nothing of the scorer takes part: input records are read and answered by records.py, rules.py and truth.py. Only to unpack a row
of the changelog its format is asked, since that is nobody else's.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from streamer.score.row import decode_row
from tests.prove.answer import Answer, Topics, answer_of
from tests.prove.producers import fingerprint
from tests.prove.truth import LeadTruth, ToldRow
from tests.system.expected import ToldAlert, told_alert, told_scores
from topics.alerts import decode_alert, decode_scores
from topics.registry import INPUT_TOPICS, LEAD_ALERTS, LEAD_SCORES, REJECTED_EVENTS, changelog_of

CLOCK_KEY: Final = b""
TOPIC_OF_CODE: Final = {topic.code: topic.name for topic in INPUT_TOPICS}
ISOLATION: Final = {"at_least_once": "read_uncommitted", "exactly_once": "read_committed"}
SHOWN: Final = 5


class Place(NamedTuple):
    """Where the proof was done."""

    broker: str
    prefix: str
    app: str
    partitions: int
    guarantee: str
    acked: Path


@dataclass
class Findings:
    """What was counted, by name, and the differences in words."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    misplaced: Counter[tuple[str, int]] = field(default_factory=Counter)
    forwarded: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __iadd__(self, other: Findings) -> Findings:
        self.counts += other.counts
        self.misplaced += other.misplaced
        self.forwarded += other.forwarded
        self.differences += other.differences
        return self

    def differ(self, what: str, found: object, expected: object) -> None:
        """Notes a difference; the first few with both sides."""
        self.counts["differences"] += 1
        if self.counts["differences"] <= SHOWN:
            self.differences.append(f"{what}: found {found}, expected {expected}")


def verify_all(place: Place, verifiers: int) -> Findings:
    """Judges all partitions, and what went from one to another; `verifiers` processes share the work."""
    findings = Findings()
    with ProcessPoolExecutor(verifiers, multiprocessing.get_context("spawn")) as pool:
        for of_one in pool.map(verify, [place] * place.partitions, range(place.partitions)):
            findings += of_one
    compare_forwarded(place, findings)
    return findings


def compare_forwarded(place: Place, findings: Findings) -> None:
    """What belonged to another partition came there as it was; with exactly_once, once."""
    findings.counts["forwarded"] = len(findings.misplaced)
    for record in findings.misplaced.keys() ^ findings.forwarded.keys():
        findings.differ(f"forwarded record of {record[0]}", findings.forwarded[record], findings.misplaced[record])
    again = findings.forwarded.total() - len(findings.forwarded)
    findings.counts["forwards that came again"] = again
    if again and place.guarantee == "exactly_once":
        findings.differ("forwards that came again", again, 0)


def verify(place: Place, number: int) -> Findings:
    """Reads the topics of this partition number and judges them."""
    names = [*(topic.name for topic in (*INPUT_TOPICS, LEAD_ALERTS, LEAD_SCORES, REJECTED_EVENTS)), changelog_of(place.app).name]
    return judge(place, Topics(number, place.partitions, asyncio.run(_read(place, names, number))))


def judge(place: Place, topics: Topics) -> Findings:
    """Compares all that was put out with what must come of what was put in."""
    answer = answer_of(place.prefix, topics)
    findings = Findings(misplaced=answer.misplaced, forwarded=answer.forwarded)
    _compare_acked(place, topics, findings)
    counts = {"leads": sum(lead.exists for lead in answer.leads.values()), "refused": len(answer.refused), "erased": answer.erased}
    findings.counts.update(counts)
    _compare_alerts(place, topics, answer.alerts, findings)
    _compare_scores(topics, answer.leads, findings)
    _compare_rows(place, topics, answer, findings)
    _compare_rejects(place, topics, answer.refused, findings)
    return findings


def _compare_acked(place: Place, topics: Topics, findings: Findings) -> None:
    """What the broker acked to the producers is in the topics."""
    there = {
        (topic.name, record.offset): fingerprint(record.key, record.value)
        for topic in INPUT_TOPICS
        for record in topics.records[topic.name]
    }
    findings.counts["read"] = len(there)
    for line in place.acked.read_text().splitlines():
        topic, number, offset, content = line.split()
        if int(number) == topics.number:
            findings.counts["acked"] += 1
            if there.get((topic, int(offset))) != int(content):
                findings.differ(f"acked record {topic}/{number}/{offset}", there.get((topic, int(offset))), content)


def _compare_alerts(place: Place, topics: Topics, expected: Counter[ToldAlert], findings: Findings) -> None:
    """Each crossing has one id; an id that comes again says the same."""
    by_id: dict[str, ToldAlert] = {}
    for record in topics.records[LEAD_ALERTS.name]:
        alert = decode_alert(record.value)
        told = told_alert(alert, place.prefix)
        first = by_id.setdefault(alert.alert_id, told)
        if first is not told:
            findings.counts["alerts that came again"] += 1
            if first != told or place.guarantee == "exactly_once":
                findings.differ(f"alert {alert.alert_id} that came again", told, first)
        if record.key.decode() != alert.lead_id:
            findings.differ(f"key of alert {alert.alert_id}", record.key, alert.lead_id)
    found = Counter(by_id.values())
    findings.counts["alerts"] = expected.total()
    for told in (expected - found).elements():
        findings.differ("alert", None, told)
    for told in (found - expected).elements():
        findings.differ("alert", told, None)


def _compare_scores(topics: Topics, leads: dict[str, LeadTruth], findings: Findings) -> None:
    newest = {record.key.decode(): record.value for record in topics.records[LEAD_SCORES.name]}
    found = {key: told_scores(decode_scores(value)) for key, value in newest.items() if value is not None}
    expected = {key: lead.scores() for key, lead in leads.items() if lead.exists}
    for key in found | expected:
        if found.get(key) != expected.get(key):
            findings.differ(f"scores of {key}", found.get(key), expected.get(key))


def _compare_rows(place: Place, topics: Topics, answer: Answer, findings: Findings) -> None:
    """The row that recovery keeps of each lead, and the partition's clock."""
    leads = answer.leads
    records = topics.records[changelog_of(place.app).name]
    furthest: dict[str, ToldRow] = {}
    found_ms = 0
    for record in records:
        if record.key == CLOCK_KEY:
            found_ms = int.from_bytes(record.value, "big")
            continue
        key = record.key.decode()
        if key not in leads:
            findings.differ(f"row of {key}", decode_row(record.value), None)
            continue
        row = _told_row(record.value)
        if key in furthest and row.applied < furthest[key].applied:
            findings.counts["rows behind an earlier one"] += 1
        else:
            furthest[key] = row
    findings.counts["rows"] = len(furthest)
    # The first records of a changelog are soon followed by newer ones of the same keys: without compaction they stay.
    findings.counts["changelogs that were compacted"] = int(bool(records) and records[0].offset > 0)
    if found_ms != answer.clock_ms:
        findings.differ(f"clock of partition {topics.number}", found_ms, answer.clock_ms)
    for key in furthest.keys() | leads.keys():
        expected = leads[key].row()
        if furthest.get(key) != expected:
            findings.differ(f"row of {key}", furthest.get(key), expected)


def _told_row(value: bytes) -> ToldRow:
    row = decode_row(value)
    offsets = frozenset((TOPIC_OF_CODE[code], offset) for code, offset in row.offsets.items())
    return ToldRow(row.events, row.alerts, row.applied, offsets, row.first_seen_at, row.last_event_at)


def _compare_rejects(place: Place, topics: Topics, refused: dict[tuple[str, int], str], findings: Findings) -> None:
    found: dict[tuple[str, int], str] = {}
    for record in topics.records[REJECTED_EVENTS.name]:
        content = orjson.loads(record.value)
        where = content["topic"].removeprefix(place.prefix), content["offset"]
        if where in found:
            findings.counts["rejects that came again"] += 1
            if place.guarantee == "exactly_once":
                findings.differ(f"reject of {where} that came again", content["reason"], None)
        found[where] = content["reason"]
    for where in found | refused:
        if found.get(where) != refused.get(where):
            findings.differ(f"reject of {where}", found.get(where), refused.get(where))


async def _read(place: Place, names: list[str], number: int) -> dict[str, list[Any]]:
    places = {TopicPartition(place.prefix + name, number): name for name in names}
    records: dict[str, list[Any]] = {name: [] for name in names}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=place.broker, enable_auto_commit=False, auto_offset_reset="earliest", isolation_level=ISOLATION[place.guarantee]
    )
    async with consumer:
        consumer.assign(list(places))
        ends = await consumer.end_offsets(list(places))
        while any([await consumer.position(partition) < ends[partition] for partition in places]):
            for partition, fetched in (await consumer.getmany(timeout_ms=200)).items():
                records[places[partition]] += fetched
    return records
