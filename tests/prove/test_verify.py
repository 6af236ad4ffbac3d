"""The comparison itself: it finds nothing where nothing is wrong, and every kind of fault that outputs can have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from streamer.model import load_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition
from streamer.score.row import decode_row, encode_row
from tests.prove.answer import Topics
from tests.prove.load import Load
from tests.prove.producers import fingerprint
from tests.prove.proof import MODEL
from tests.prove.published import Record, by_topic, published
from tests.prove.verify import Findings, Place, compare_forwarded, judge
from topics.registry import LEAD_ALERTS, LEAD_SCORES, PAGE_VIEWS, REJECTED_EVENTS, changelog_of

APP = "proof"
CHANGELOG = changelog_of(APP).name


Spoil = Callable[[dict[str, list[Record]]], object]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Topics]:
    """What the scorer makes of a small load in one go, as topics."""
    records = published(Load(seed=5, events=400, days=2, partitions=1))
    topics = by_topic(records) | {name: [] for name in (LEAD_ALERTS.name, LEAD_SCORES.name, REJECTED_EVENTS.name, CHANGELOG)}
    leads = Partition(Engine(load_model(MODEL).model, APP, ""), 0)
    for topic, record in records:
        leads.take(topic, [record], None)
        for key, alert in leads.drain_alerts():
            _put(topics[LEAD_ALERTS.name], key, alert)
        if record.offset % 50 == 0:
            for key, row in leads.flush():
                assert row is not None
                _put(topics[CHANGELOG], key, row)
    for rejected, message, timestamp_ms in leads.drain_rejects():
        _put(topics[REJECTED_EVENTS.name], rejected or b"", message, timestamp_ms)
    for key, scores in leads.publish():
        topics[LEAD_SCORES.name].append(Record(0, key, scores, 0))  # type: ignore[arg-type]  # no lead is erased here
    for key, row in leads.flush():
        assert row is not None
        _put(topics[CHANGELOG], key, row)
    log = tmp_path_factory.mktemp("prove") / "acked.log"
    log.write_text("".join(f"{topic.name} 0 {one.offset} {fingerprint(one.key, one.value)}\n" for topic, one in records))
    return Place("", "", APP, 1, "at_least_once", log), Topics(0, 1, topics)


def test_what_an_undisturbed_scorer_gives_has_no_differences(undisturbed: tuple[Place, Topics]) -> None:
    """Alerts, scores, rows and rejects of one undisturbed partition are the proof's own answer."""
    findings = judge(*undisturbed)
    assert findings.differences == []
    assert min(findings.counts[name] for name in ("alerts", "leads", "refused", "rows", "acked", "erased")) > 0


def test_repeats_are_faults_only_where_exactly_once_is_promised(undisturbed: tuple[Place, Topics]) -> None:
    """An alert or a reject that comes again is counted with at_least_once, and differs with exactly_once."""
    place, topics = undisturbed
    again = deepcopy(topics)
    for name in (LEAD_ALERTS.name, REJECTED_EVENTS.name):
        again.records[name].append(again.records[name][0])
    findings = judge(place, again)
    assert findings.differences == []
    assert (findings.counts["alerts that came again"], findings.counts["rejects that came again"]) == (1, 1)
    assert judge(place._replace(guarantee="exactly_once"), again).counts["differences"] == 2


def _put(records: list[Record], key: bytes, value: bytes, timestamp_ms: int = 0) -> Record:
    record = Record(len(records), key, value, timestamp_ms)
    records.append(record)
    return record


def _of_lead(records: list[Record]) -> Record:
    return next(record for record in reversed(records) if record.key)


def _changed(record: Record, **fields: Any) -> None:
    record.value = orjson.dumps(orjson.loads(record.value) | fields)


def _row_with(record: Record, **fields: Any) -> None:
    row = decode_row(record.value)
    for name, value in fields.items():
        setattr(row, name, value)
    record.value = encode_row(row, published=True, model=0)


def _alert_again(topics: dict[str, list[Record]], **fields: Any) -> None:
    record = deepcopy(topics[LEAD_ALERTS.name][0])
    _changed(record, **fields)
    topics[LEAD_ALERTS.name].append(record)


def _without_newest_row(topics: dict[str, list[Record]]) -> None:
    lead = Counter(record.key for record in topics[CHANGELOG] if record.key).most_common(1)[0][0]
    newest = max(record.offset for record in topics[CHANGELOG] if record.key == lead)
    topics[CHANGELOG] = [record for record in topics[CHANGELOG] if record.offset != newest]


SPOILS: dict[str, Spoil] = {
    "an acked record is lost": lambda topics: topics[PAGE_VIEWS.name].pop(),
    "an alert is lost": lambda topics: topics[LEAD_ALERTS.name].pop(),
    "a crossing has two ids": lambda topics: _alert_again(topics, alert_id="another"),
    "a repeat says something else": lambda topics: _alert_again(topics, before=-1),
    "an alert is wrong": lambda topics: _changed(topics[LEAD_ALERTS.name][0], total=-1),
    "scores are lost": lambda topics: topics[LEAD_SCORES.name].pop(),
    "scores are wrong": lambda topics: _changed(next(one for one in topics[LEAD_SCORES.name] if one.value), events=10_000),
    "a row has a record twice": lambda topics: _row_with(_of_lead(topics[CHANGELOG]), events=10_000),
    "a row is of another offset": lambda topics: _row_with(_of_lead(topics[CHANGELOG]), offsets={}),
    "a newest row is lost": _without_newest_row,
    "the clock is wrong": lambda topics: setattr(topics[CHANGELOG][-1], "value", bytes(8)),
    "a reject is lost": lambda topics: topics[REJECTED_EVENTS.name].pop(),
    "a reject has another reason": lambda topics: _changed(topics[REJECTED_EVENTS.name][0], reason="failed"),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_every_fault_is_found(undisturbed: tuple[Place, Topics], spoil: Spoil) -> None:
    """Whatever is lost, doubled or wrong in the topics is a difference."""
    place, topics = undisturbed
    spoiled = deepcopy(topics)
    spoil(spoiled.records)
    assert judge(place, spoiled).differences


def test_the_answer_is_read_from_the_topics_alone(undisturbed: tuple[Place, Topics], tmp_path: Path) -> None:
    """A record that was never acked and is there counts like any other: a producer may die before it hears the ack."""
    place, topics = undisturbed
    empty = tmp_path / "acked.log"
    empty.write_text("")
    assert judge(place._replace(acked=empty), topics).differences == []


HOME = ("purchases/1/7", 1)


@pytest.mark.parametrize(
    ("forwarded", "guarantee", "differences"),
    [
        ([HOME], "exactly_once", 0),
        ([HOME, HOME], "at_least_once", 0),
        ([HOME, HOME], "exactly_once", 1),
        ([], "at_least_once", 1),
        ([("purchases/1/7", 2)], "at_least_once", 2),
    ],
)
def test_what_was_forwarded_came_as_it_was(forwarded: list[tuple[str, int]], guarantee: str, differences: int) -> None:
    """A misplaced record that did not come to its partition, came changed, or came twice where that is excluded, is a difference."""
    findings = Findings(misplaced=Counter([HOME]), forwarded=Counter(forwarded))
    compare_forwarded(Place("", "", APP, 2, guarantee, Path()), findings)
    assert findings.counts["differences"] == differences
