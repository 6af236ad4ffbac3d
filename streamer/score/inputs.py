"""How the records of each topic are read under one model: which fields are decoded, and which kind of event comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streamer.model.scores import profile_fields
from streamer.model.spec import Model
from streamer.score.compiling import Watchers
from topics.events import KINDS
from topics.profiles import ProfileReader
from topics.reading import EventReader
from topics.registry import EVENT_TOPICS, Topic


class Input:
    """One event topic: its reader, and who watches for its events, or for those of each `action`."""

    def __init__(self, topic: Topic, extras: frozenset[str], watchers: Mapping[str, Watchers]) -> None:
        self.read = EventReader(topic, extras).read
        self.by_action = {action: watchers.get(kind) or Watchers() for action, kind in KINDS[topic].items()}
        self.watchers = self.by_action.get(None)
        self.names_ids = "event_id" in extras
        """Whether a rule looks at the event's id, so that it has to be there also where it is the default one."""


def inputs_of(model: Model, watchers: Mapping[str, Watchers]) -> dict[int, Input]:
    """The event topics by their codes, each reading what the model's rules look at."""
    extras = frozenset(field.split(".")[0] for field in _event_fields(model))
    return {topic.code: Input(topic, extras, watchers) for topic in EVENT_TOPICS}


def profile_reader_of(model: Model) -> ProfileReader:
    """Keeps what the model's rules and formula look at."""
    used = {test.field for rule in model.rules for test in rule.profile}
    return ProfileReader(used | (profile_fields(model.total) if model.total is not None else set()))


def _event_fields(model: Model) -> Iterator[str]:
    for rule in model.rules:
        for condition in rule.conditions:
            yield from (test.field for test in condition.where)
        named = [rule.once_per] if rule.count is None else [rule.count.distinct, rule.count.same]
        yield from (field for field in named if field is not None)
    yield from (score.by for score in model.scores if score.by is not None)
