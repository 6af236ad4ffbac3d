"""Strategies for models' numbers and for steps: times fall on a grid of the models' durations, a millisecond to either side."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.score.steps import START_MS, Advance, Erasure, Event, Flush, Profile, Restart, Step

HOUR_MS = 3_600_000
DURATIONS = ("1h", "2h", "3h", "5h")
LEADS = ("lead-1", "lead-1", "lead-1", "lead-2")

durations = st.sampled_from(DURATIONS)
points = st.sampled_from([1, 2, 5, 10, 0.5, 0.1, -3])
_jitter_ms = st.sampled_from([0, 0, 0, -1, 1])


def times(hours: int = 12, step_ms: int = HOUR_MS) -> st.SearchStrategy[int]:
    """A grid of hours, and the milliseconds beside each."""
    return st.builds(lambda hour, jitter_ms: START_MS + hour * step_ms + jitter_ms, st.integers(0, hours), _jitter_ms)


def page_views() -> st.SearchStrategy[dict[str, Any]]:
    """Values of page views that differ in few fields."""
    return st.fixed_dictionaries(
        {"url": st.sampled_from(["https://shop.example/a?x=1", "https://shop.example/b", "/a"])},
        optional={
            "visit_id": st.sampled_from(["v1", "v2", "v3", "v4"]),
            "category": st.sampled_from(["mens", "womens", "kids"]),
        },
    )


def activities() -> st.SearchStrategy[dict[str, Any]]:
    """Values of activities with properties of all JSON types."""
    plan = st.sampled_from(["gold", "silver", 1, 1.0, 2, True, False, None, [1], {"deep": "x"}])
    return st.fixed_dictionaries(
        {"name": st.sampled_from(["quote", "form"])}, optional={"properties": st.fixed_dictionaries({}, optional={"plan": plan})}
    )


VALUES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "page-views": page_views(),
    "calls": st.fixed_dictionaries({"direction": st.sampled_from(["inbound", "outbound"]), "outcome": st.just("answered")}),
    "activities": activities(),
    "messages": st.sampled_from([{}, {"direction": "outbound"}, {"medium": "sms"}]),
    "email-events": st.fixed_dictionaries(
        {"action": st.sampled_from(["opened", "clicked"])}, optional={"message_id": st.sampled_from(["m1", "m2"])}
    ),
}
profiles = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "job_title": st.sampled_from(["Head of sales", "student", "CEO"]),
            "city": st.sampled_from(["Warsaw", "WARSAW", "Gdansk"]),
            "budget": st.sampled_from([0, 3, 1000.5, "10", True]),
        },
    ),
)


@st.composite
def events(draw: st.DrawFn, topics: tuple[str, ...], when: st.SearchStrategy[int]) -> Event:
    """An event, now and then made by a machine, or with an id that was there before."""
    topic = draw(st.sampled_from(topics))
    value = dict(draw(VALUES[topic]))
    oddity = draw(st.sampled_from(["", "", "", "", "", "", "", "machine", "id"]))
    if oddity == "machine":
        value["human"] = False
    elif oddity == "id":
        value["event_id"] = draw(st.sampled_from(["e1", "e2"]))
    time_ms = draw(when)
    return Event(topic, draw(st.sampled_from(LEADS)), time_ms, value, time_ms + draw(st.sampled_from([0, 0, 0, 60_000])))


@st.composite
def steps(
    draw: st.DrawFn,
    topics: tuple[str, ...] = ("page-views",),
    *,
    when: st.SearchStrategy[int] | None = None,
    most: int = 16,
    with_profiles: bool = False,
    with_erasures: bool = False,
) -> list[Step]:
    """Events, in order of time or not, with flushes, restarts and a moving clock between them."""
    when = when or times()
    kinds: list[st.SearchStrategy[Any]] = [events(topics, when)] * 8 + [st.builds(Advance, when)]
    if with_profiles:
        kinds += [st.builds(Profile, st.sampled_from(LEADS), when, profiles)] * 2
    if with_erasures:
        kinds += [st.builds(Erasure, st.sampled_from(LEADS), when)]
    fewest = draw(st.sampled_from([1, most // 2, most - 2]))
    timed: list[Any] = draw(st.lists(st.one_of(kinds), min_size=fewest, max_size=most))
    if draw(st.booleans()):
        timed.sort(key=lambda step: step.time_ms)
    found: list[Step] = timed
    pauses: list[Step] = draw(st.lists(st.sampled_from([Flush(), Restart()]), max_size=3))
    for pause in pauses:
        found.insert(draw(st.integers(0, len(found))), pause)
    return [*found, Advance(START_MS + 60 * HOUR_MS)]
