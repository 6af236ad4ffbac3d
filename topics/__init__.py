"""The wire of `streamer`: topics, events, alerts, scores and rejects, for producers and consumers alike.

Needs msgspec and orjson, neither Faust nor a broker.
"""

from topics.alerts import Alert, LeadScores, ReasonFor, Reference, decode_alert, decode_scores, encode_alert, encode_scores
from topics.events import Activity, Call, EmailEvent, Event, Message, PageView, Purchase, Webinar
from topics.partitions import partition_of
from topics.profiles import Profile, ProfileReader
from topics.reading import EventReader
from topics.registry import BY_NAME, EVENT_TOPICS, INPUT_TOPICS, TOPICS, Topic, changelog_of, notifications_of
from topics.rejects import Reason, Refusal, encode_reject

__all__ = [
    "BY_NAME",
    "EVENT_TOPICS",
    "INPUT_TOPICS",
    "TOPICS",
    "Activity",
    "Alert",
    "Call",
    "EmailEvent",
    "Event",
    "EventReader",
    "LeadScores",
    "Message",
    "PageView",
    "Profile",
    "ProfileReader",
    "Purchase",
    "Reason",
    "ReasonFor",
    "Reference",
    "Refusal",
    "Topic",
    "Webinar",
    "changelog_of",
    "decode_alert",
    "decode_scores",
    "encode_alert",
    "encode_reject",
    "encode_scores",
    "notifications_of",
    "partition_of",
]
