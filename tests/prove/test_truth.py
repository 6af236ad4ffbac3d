"""The proof's own answer, held against the oracle, which was written apart from it and knows every model."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamer.model import load_model
from tests.prove.answer import Topics, answer_of
from tests.prove.load import Load
from tests.prove.published import by_topic, published
from tests.system.expected import expected
from tests.system.story import Sent


@pytest.mark.parametrize("seed", [1, 2])
def test_the_proofs_answer_is_the_oracles(seed: int) -> None:
    """For the proof's model and load two recomputations that share no code give the same alerts and scores."""
    records = published(Load(seed, events=1_500, days=3, partitions=1))
    answer = answer_of("", Topics(0, 1, by_topic(records)))
    assert answer.erased > 0
    reasons = [answer.refused.get((topic.name, record.offset)) for topic, record in records]
    sent = [Sent(topic, one.key, one.value, one.timestamp, reason) for (topic, one), reason in zip(records, reasons, strict=True)]
    model = load_model(Path(__file__).with_name("model.yaml")).model
    theirs = expected(model, 0, sent, answer.clock_ms)
    assert (list((answer.alerts - theirs.alerts).elements())[:2], list((theirs.alerts - answer.alerts).elements())[:2]) == ([], [])
    assert {key: lead.scores() for key, lead in answer.leads.items() if lead.exists} == theirs.scores
    assert len({(alert.kind, alert.id) for alert in answer.alerts}) == 13, "the load makes every alert of the model"
