"""A crash anywhere, rows back from the changelog, records replayed: the same alerts with the same ids, and the same scores."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from streamer.score.table import CLOCK_KEY
from tests.score.models import models
from tests.score.steps import START_MS, Event, Profile, Step, as_lines, as_record
from tests.score.streams import HOUR_MS, steps
from topics.registry import BY_NAME, Topic

EVERYTHING = ("page-views", "page-views", "calls", "activities")
Records = list[tuple[Topic, Record]]
Rows = dict[bytes, bytes | None]
END_MS = START_MS + 60 * HOUR_MS


def records_of(steps: list[Step]) -> Records:
    """The records of the steps, with the offsets that they have in their topics.

    The removal of nobody's profile is left out: it moves the clock and leaves nothing that says so. The same event has the
    same time each time it comes.
    """
    records: Records = []
    offsets: dict[str, int] = {}
    known: set[str] = set()
    times_ms: dict[object, int] = {}
    for step in steps:
        if isinstance(step, Event) or (isinstance(step, Profile) and (step.value is not None or step.lead in known)):
            known.add(step.lead)
            if isinstance(step, Event) and "event_id" in step.value:
                time_ms = times_ms.setdefault((step.lead, step.value["event_id"]), step.time_ms)
                step = replace(step, time_ms=time_ms, timestamp_ms=max(time_ms, step.timestamp_ms or 0))
            topic, value, timestamp_ms = as_record(step)
            offset = offsets[topic] = offsets.get(topic, -1) + 1
            content = None if value is None else json.dumps(value).encode()
            records.append((BY_NAME[topic], Record(step.lead.encode(), content, offset, timestamp_ms)))
    return records


def take(partition: Partition, records: Records) -> list[bytes]:
    """The alerts of records taken one by one."""
    for topic, record in records:
        partition.take(topic, [record], None)
    return [alert for _, alert in partition.drain_alerts()]


def restored(engine: Engine, *commits: Rows) -> Partition:
    """A partition from what commits left in the changelog."""
    partition = Partition(engine, 0)
    for commit in commits:
        for key, row in commit.items():
            partition.restore(key, row)
    partition.restored()
    return partition


def ended(partition: Partition) -> tuple[list[bytes], list[tuple[bytes, bytes | None]]]:
    """The alerts until the end of time, and every lead's scores then."""
    partition.advance(END_MS, None)
    return [alert for _, alert in partition.drain_alerts()], sorted(partition.publish())


@given(model=models(), steps=steps(EVERYTHING, with_profiles=True), data=st.data())
def test_a_replay_from_anywhere_changes_nothing(model: dict[str, Any], steps: list[Step], data: st.DataObject) -> None:
    """After a restart from a commit, records from before it are skipped, and those after it alert as they did at first."""
    note(f"model:\n{json.dumps(model)}\nrecords:\n{as_lines(steps)}")
    engine = Engine(read_model(json.dumps(model)).model)
    records = records_of(steps)
    committed = data.draw(st.integers(0, len(records)), "committed")
    replayed = data.draw(st.integers(0, committed), "replayed from")
    first = Partition(engine, 0)
    take(first, records[:committed])
    commit = dict(first.flush())
    expected = take(first, records[committed:])
    second = restored(engine, commit)
    assert take(second, records[replayed:committed]) == []
    assert second.counts.replayed == committed - replayed
    assert take(second, records[committed:]) == expected
    first_end, second_end = ended(first), ended(second)
    assert second_end[0] == first_end[0]
    assert dict(second_end[1]).items() >= dict(first_end[1]).items()


@given(model=models(), steps=steps(EVERYTHING, with_profiles=True), data=st.data())
def test_a_crash_within_a_commit_changes_nothing(model: dict[str, Any], steps: list[Step], data: st.DataObject) -> None:
    """Whichever rows of a commit are durable, a replay from the commit before decides the rest as it was decided at first."""
    note(f"model:\n{json.dumps(model)}\nrecords:\n{as_lines(steps)}")
    engine = Engine(read_model(json.dumps(model)).model)
    records = records_of(steps)
    crashed = data.draw(st.integers(0, len(records)), "crashed at")
    committed = data.draw(st.integers(0, crashed), "committed at")
    first = Partition(engine, 0)
    take(first, records[:committed])
    commit = dict(first.flush())
    before = take(first, records[committed:crashed])
    rows = dict(first.flush())
    durable = data.draw(st.sets(st.sampled_from([key for key in rows if key != CLOCK_KEY] or [CLOCK_KEY])), "durable")
    second = restored(engine, commit, {key: row for key, row in rows.items() if key in durable})
    again = take(second, records[committed:crashed])
    assert again == [alert for alert in before if json.loads(alert)["lead_id"].encode() not in durable]
    assert take(second, records[crashed:]) == take(first, records[crashed:])
    first_end, second_end = ended(first), ended(second)
    assert second_end[0] == first_end[0]
    assert dict(second_end[1]).items() >= dict(first_end[1]).items()
