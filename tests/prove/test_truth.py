"""The proof's own answer, held against the oracle, which was written apart from it and knows every model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from streamer.model import load_model
from tests.prove.load import Load, Offered
from tests.prove.records import Seen, seen
from tests.prove.truth import LeadTruth
from tests.system.expected import Expected, expected
from tests.system.story import Sent

EVENTS = 1_500
DAYS = 3


@pytest.mark.parametrize("seed", [1, 2])
def test_the_proofs_answer_is_the_oracles(seed: int) -> None:
    """For the proof's model and load two recomputations that share no code give the same alerts and scores."""
    load = Load(seed, EVENTS, DAYS, partitions=1)
    records = [record for day in range(DAYS + 1) for record in load.of_day(day)]
    model = load_model(Path(__file__).with_name("model.yaml")).model
    ours, reasons = recomputed(records)
    sent = [Sent(one.topic, one.key, one.value, one.timestamp_ms, reason) for one, reason in zip(records, reasons, strict=True)]
    theirs = expected(model, 0, sent, records[-1].timestamp_ms)
    assert (list((ours.alerts - theirs.alerts).elements())[:2], list((theirs.alerts - ours.alerts).elements())[:2]) == ([], [])
    assert ours.scores == theirs.scores
    assert len({(alert.kind, alert.id) for alert in ours.alerts}) == 13, "the load makes every alert of the model"


def recomputed(records: list[Offered]) -> tuple[Expected, list[str | None]]:
    """The proof's answer for records of one partition, and why each record is refused."""
    leads: dict[str, LeadTruth] = {}
    offsets: Counter[str] = Counter()
    reasons: list[str | None] = []
    for record in records:
        topic, key = record.topic.name, record.key.decode()
        found = seen(topic, 0, offsets[topic], key, record.value, record.timestamp_ms, "")
        offsets[topic] += 1
        reasons.append(found if isinstance(found, str) else None)
        if isinstance(found, Seen):
            leads.setdefault(key, LeadTruth(key, topic, 0)).take(found)
    for lead in leads.values():
        lead.advance(records[-1].timestamp_ms)
    alerts = Counter(alert for lead in leads.values() for alert in lead.alerts)
    return Expected(alerts, {lead.lead: lead.scores() for lead in leads.values() if lead.exists}), reasons
