"""The table of topics, beside the contract's; and that `topics` stands on its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from topics.events import ALL_KINDS, EVENT_TYPES, KINDS
from topics.registry import BY_NAME, EVENT_TOPICS, INPUT_TOPICS, TOPICS, Cleanup, Direction, changelog_of

CONTRACT = """
page-views       in        delete
email-events     in        delete
calls            in        delete
webinars         in        delete
purchases        in        delete
messages         in        delete
activities       in        delete
lead-profiles    in        compact
lead-erasures    in        delete
lead-alerts      out       delete
lead-scores      out       compact
rejected-events  out       delete
"""


def test_topics_are_those_of_the_contract_in_its_order() -> None:
    """Every topic of the contract is there, with its direction and clean-up, and no other."""
    wanted = [tuple(line.split()) for line in CONTRACT.strip().splitlines()]
    assert [(topic.name, topic.direction, topic.cleanup) for topic in TOPICS] == wanted
    assert list(BY_NAME) == [name for name, _, _ in wanted]
    assert all(topic.about for topic in TOPICS)


def test_input_topics_have_codes_that_never_change() -> None:
    """The codes in the rows of all leads name the same topics for ever."""
    assert {topic.name: topic.code for topic in INPUT_TOPICS} == {
        "page-views": 0,
        "email-events": 1,
        "calls": 2,
        "webinars": 3,
        "purchases": 4,
        "messages": 5,
        "activities": 6,
        "lead-profiles": 7,
        "lead-erasures": 8,
    }


def test_the_changelog_is_compacted_and_named_by_the_app() -> None:
    """The internal topic carries the application's name."""
    changelog = changelog_of("sales")
    assert (changelog.name, changelog.direction, changelog.cleanup) == ("sales-leads-changelog", Direction.INTERNAL, Cleanup.COMPACT)


def test_every_event_topic_has_a_type_and_kinds() -> None:
    """Each event topic can be read, and its events have kinds of their own."""
    assert tuple(EVENT_TYPES) == tuple(KINDS) == EVENT_TOPICS
    assert len(set(ALL_KINDS)) == len(ALL_KINDS)
    assert list(ALL_KINDS) == [
        "page_view",
        *(f"email_{action}" for action in ("sent", "opened", "clicked", "replied", "bounced", "unsubscribed", "complained")),
        "call",
        *(f"webinar_{action}" for action in ("registered", "attended", "watched", "left")),
        "purchase",
        "message",
        "activity",
    ]


@pytest.mark.parametrize("module", ["topics", "topics.reading", "topics.profiles", "topics.partitions"])
def test_topics_needs_no_framework(module: str) -> None:
    """Producers and consumers import `topics` without Faust, aiokafka or the scorer."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"faust", "aiokafka", "mode", "streamer", "yaml"} & set(found.stdout.split())
