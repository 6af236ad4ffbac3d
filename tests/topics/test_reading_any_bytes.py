"""Whatever bytes a record holds, reading it gives an event or a refusal, and the short way agrees with the long one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.topics.test_reading import GOOD, NOW_MS
from topics.events import Event
from topics.reading import EventReader, attribute_of
from topics.registry import BY_NAME
from topics.rejects import Refusal

EXTRAS = ("properties", "utm", "class", "_private", "two words", "ключ", "9", "self", "utm_source")
READERS = {topic: EventReader(BY_NAME[topic], EXTRAS) for topic in GOOD}

numbers = st.one_of(st.integers(), st.floats(), st.integers(NOW_MS - 10, NOW_MS + 300_010))
scalars = st.one_of(
    st.none(), st.booleans(), numbers, st.text(max_size=5), st.sampled_from(["lead-1", "inbound", "opened", "2026-11-22T10:00:00Z"])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5
)
names = st.sampled_from(
    ["event_id", "lead_id", "occurred_at", "human", "category", "source", "url", "path", "direction", "seconds", "percent", *EXTRAS]
)
keys = st.one_of(st.just(b"lead-1"), st.none(), st.binary(max_size=4), st.sampled_from([b"x" * 257, "ż".encode()]))


@st.composite
def objects(draw: st.DrawFn, topic: str) -> bytes:
    """A good event with some fields changed, and perhaps some bytes."""
    value: dict[str, Any] = {**GOOD[topic], **draw(st.dictionaries(names, anything, max_size=3))}
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))).encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        return text
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.binary(max_size=3)) + text[place + draw(st.integers(0, 2)) :]


@pytest.mark.parametrize("topic", GOOD)
@given(data=st.data())
def test_reading_never_fails(topic: str, data: st.DataObject) -> None:
    """An event has its lead, a time and its defaults; a refusal is the one that the checks one by one come to."""
    key = data.draw(keys)
    value = data.draw(
        st.one_of(objects(topic), st.none(), st.binary(max_size=10), st.builds(lambda found: json.dumps(found).encode(), anything))
    )
    reader = READERS[topic]
    found = reader.read(key, value, NOW_MS)
    slowly = reader._check(key, value, NOW_MS)
    if isinstance(found, Refusal):
        assert found == slowly
        assert found.detail
        return
    assert slowly is None
    assert isinstance(found, Event)
    assert key is not None
    assert found.lead_id == key.decode()
    assert type(found.occurred_at) is int
    assert 0 <= found.occurred_at <= NOW_MS + 300_000
    assert type(found.human) is bool


@given(extra=st.text(min_size=1, max_size=10).filter(lambda name: not {".", '"', "\\"} & set(name) and name.isprintable()))
def test_a_model_may_look_at_any_field(extra: str) -> None:
    """A field that no event has is read when the model uses it, whatever its name."""
    reader = EventReader(BY_NAME["messages"], [extra])
    event = reader.read(b"lead-1", json.dumps({extra: "seen" if extra != "occurred_at" else 5}).encode(), NOW_MS)
    if isinstance(event, Event):
        assert getattr(event, attribute_of(extra)) == ("seen" if extra != "occurred_at" else 5)
    else:
        assert extra in {"human", "lead_id"}
