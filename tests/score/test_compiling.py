"""Which rules see an event, told from what one field selects among them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamer.model import read_model
from streamer.model.spec import Model
from streamer.score.compiling import Watchers, compile_rules, watchers_of
from streamer.score.fields import matcher_of
from streamer.score.numbers import Tally
from topics.events import Event
from topics.limits import SELECTING_CHARS_MAX, SELECTIONS_MAX
from topics.reading import EventReader
from topics.registry import PAGE_VIEWS

READER = EventReader(PAGE_VIEWS, ["plan"])
tests_of = {
    "path": st.sampled_from(["/a", "/a*", "*b", "*", ["/a", "/b*"], None]),
    "plan": st.sampled_from(["x", "*", None, True, 1, {"at_least": 2}, ["x", 1, None]]),
}
conditions = st.fixed_dictionaries({"when": st.just("page_view")}, optional={"where": st.fixed_dictionaries({}, optional=tests_of)})
rules = st.lists(
    st.one_of(
        conditions,
        st.builds(lambda several: {"all": several}, st.lists(conditions, min_size=1, max_size=3)),
    ),
    min_size=1,
    max_size=4,
)
values: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"url": st.just("/a")},
    optional={"path": st.sampled_from(["/a", "/b", "/ab", "/"]), "plan": st.sampled_from(["x", "y", "", 0, 1, 1.0, 2, True, [], {}, None])},
)


def model_of(several: list[dict[str, Any]]) -> Model:
    """A model of these rules."""
    numbered = [{"id": f"r{place}", **rule} for place, rule in enumerate(several)]
    return read_model(json.dumps({"version": "v", "scores": {"a": {}}, "rules": numbered})).model


def watching(model: Model) -> Watchers:
    """Who watches for page views."""
    compiled = compile_rules(model)
    return watchers_of(compiled, Tally(model, compiled))["page_view"]


def page_view(value: dict[str, Any]) -> Event:
    """An event as the engine reads it."""
    event = READER.read(b"lead", json.dumps(value).encode(), 0)
    assert isinstance(event, Event)
    return event


def seen(watchers: Watchers, event: Event) -> list[tuple[str, tuple[int, ...]]]:
    """The rules that match, with the numbers of their conditions that do."""
    found = []
    for rule, _, _, _, matched, still_to_test, _ in watchers.select(event).watchers:
        numbers = matched if still_to_test is None else still_to_test(event)
        if numbers:
            found.append((rule.spec.id, numbers))
    return found


@given(several=rules, given_values=st.lists(values, min_size=1, max_size=4))
def test_what_is_selected_is_what_matches(several: list[dict[str, Any]], given_values: list[dict[str, Any]]) -> None:
    """Whatever values the fields have, and whichever came before, the rules that see an event are those whose conditions it meets."""
    model = model_of(several)
    watchers = watching(model)
    for value in [*given_values, *given_values]:
        event = page_view(value)
        expected = []
        for rule in model.rules:
            tests = [matcher_of(condition.where) for condition in rule.conditions]
            numbers = tuple(number for number, test in enumerate(tests) if test is None or test(event))
            if numbers:
                expected.append((rule.id, numbers))
        assert seen(watchers, event) == expected


def test_what_is_remembered_is_bounded() -> None:
    """However many values come, and however long they are, few and short ones are remembered."""
    watchers = watching(model_of([{"when": "page_view", "where": {"path": "/a*"}}]))
    for number in range(SELECTIONS_MAX + 10):
        assert not seen(watchers, page_view({"url": "/", "path": f"/b{number}"}))
    assert len(watchers.selections) <= SELECTIONS_MAX
    long = "/a" + "x" * SELECTING_CHARS_MAX
    assert seen(watchers, page_view({"url": "/", "path": long})) == [("r0", (0,))]
    assert long not in watchers.selections
