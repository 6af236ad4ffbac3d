"""Every topic of the contract, in the order of the flow: events in, profiles in, alerts and scores out.

One table: whoever needs a topic's name, direction or clean-up policy reads it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Whether the scorer reads a topic, writes it, or keeps its own state in it."""

    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


class Cleanup(StrEnum):
    """Kafka's `cleanup.policy`."""

    DELETE = "delete"
    COMPACT = "compact"
    COMPACT_AND_DELETE = "compact,delete"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic without its prefix. `code` numbers the input topics in a lead's row: never reuse or change one."""

    name: str
    direction: Direction
    cleanup: Cleanup
    about: str
    code: int = -1


PAGE_VIEWS = Topic("page-views", Direction.IN, Cleanup.DELETE, "a page view", 0)
EMAIL_EVENTS = Topic("email-events", Direction.IN, Cleanup.DELETE, "one thing that happened to one mail", 1)
CALLS = Topic("calls", Direction.IN, Cleanup.DELETE, "a finished or missed call", 2)
WEBINARS = Topic("webinars", Direction.IN, Cleanup.DELETE, "registered, attended, watched to a stage", 3)
PURCHASES = Topic("purchases", Direction.IN, Cleanup.DELETE, "an order", 4)
MESSAGES = Topic("messages", Direction.IN, Cleanup.DELETE, "a message the lead wrote", 5)
ACTIVITIES = Topic("activities", Direction.IN, Cleanup.DELETE, "anything else, by name", 6)
LEAD_PROFILES = Topic("lead-profiles", Direction.IN, Cleanup.COMPACT, "the whole profile, newest wins", 7)
LEAD_ERASURES = Topic("lead-erasures", Direction.IN, Cleanup.DELETE, "a lead to forget", 8)
LEAD_ALERTS = Topic("lead-alerts", Direction.OUT, Cleanup.DELETE, "an alert")
LEAD_SCORES = Topic("lead-scores", Direction.OUT, Cleanup.COMPACT, "the lead's current scores")
REJECTED_EVENTS = Topic("rejected-events", Direction.OUT, Cleanup.DELETE, "a record that could not be scored")

TOPICS: tuple[Topic, ...] = (
    PAGE_VIEWS,
    EMAIL_EVENTS,
    CALLS,
    WEBINARS,
    PURCHASES,
    MESSAGES,
    ACTIVITIES,
    LEAD_PROFILES,
    LEAD_ERASURES,
    LEAD_ALERTS,
    LEAD_SCORES,
    REJECTED_EVENTS,
)
EVENT_TOPICS: tuple[Topic, ...] = TOPICS[:7]
INPUT_TOPICS: tuple[Topic, ...] = TOPICS[:9]
BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}


def changelog_of(app: str) -> Topic:
    """The compacted topic that holds the leads' rows of one application."""
    return Topic(f"{app}-leads-changelog", Direction.INTERNAL, Cleanup.COMPACT, "the leads' rows")


def notifications_of(app: str) -> Topic:
    """The topic that holds what one application's notifier has to send and has sent, for some weeks."""
    return Topic(f"{app}-notifications", Direction.INTERNAL, Cleanup.COMPACT_AND_DELETE, "notifications, waiting and sent")
