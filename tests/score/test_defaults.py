"""Fields that an event need not have (contract, section 2): what a rule sees in their place."""

from __future__ import annotations

import pytest

from tests.score.script import Script

MODEL = """\
version: test
scores: {{interest: {{}}}}
rules:
  - {{id: visit, when: page_view, {rule}, points: 1}}
"""


@pytest.mark.parametrize(
    ("rule", "points"),
    [
        ("once_per: event_id", 3),
        ("where: {event_id: page-views/0/1}", 1),
        ('where: {event_id: "page-views/*"}', 2),
        ("where: {event_id: own}", 1),
        ("where: {lead_id: lead-42}", 3),
        ("where: {human: true}", 3),
        ("where: {occurred_at: {at_least: 0}}", 3),
        ("where: {path: /a}", 2),
        ("where: {category: null}", 3),
    ],
)
def test_a_rule_sees_the_default(rule: str, points: int) -> None:
    """What an event leaves out counts with its default, also the id that says where its record is."""
    script = Script(MODEL.format(rule=rule))
    script.view("10:00", "/a")
    script.view("10:01", "/a?b")
    script.view("10:02", "/b", event_id="own")
    scores = script.scores()
    assert scores is not None
    assert scores.total == points
