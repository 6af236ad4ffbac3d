"""Strategies for rules, thresholds and whole models, as the mappings of a model file."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.score.streams import durations, points

Mapping = dict[str, Any]
Strategy = st.SearchStrategy[Mapping]

SCORES: Mapping = {"a": {}, "b": {"min": -4, "max": 12}, "c": {"by": "category", "max": 20}}


def model(*rules: Mapping, **more: Any) -> Mapping:
    """A model of these rules: the score `a` is the default, `b` is clamped, `c` is kept by category."""
    return {"version": "v1", "timezone": "Europe/Warsaw", "scores": SCORES, "rules": list(rules), **more}


fading = st.one_of(
    st.just({}),
    st.builds(lambda duration: {"expires_after": duration}, durations),
    st.builds(lambda duration: {"half_life": duration}, durations),
)
decaying = st.builds(lambda duration: {"half_life": duration}, st.sampled_from(["17m", "47m", "83m", "5h"]))
"""Half-lives after which no event of the grid comes, so that no crossing falls on one."""
expiring = st.one_of(st.just({}), st.builds(lambda duration: {"expires_after": duration}, durations))
alerting = st.sampled_from([{"alert": True}, {"alert": True}, {}])
pricing = st.builds(lambda number, alert: {"points": number, **alert}, points, alerting)


@st.composite
def awards(draw: st.DrawFn, fades: Strategy = fading) -> Mapping:
    """What a rule makes of its rises; `once` and `each` may fade."""
    award = draw(st.sampled_from([None, "while", "once", "each"]))
    if award in (None, "while"):
        return {} if award is None else {"award": award}
    return {"award": award, **draw(fades)}


limits = st.fixed_dictionaries(
    {"per": st.sampled_from(["day", "week", "month", "ever"])},
    optional={"points": st.sampled_from([1, 3, 5, 7.5, 12]), "times": st.integers(1, 3)},
).filter(lambda limit: len(limit) > 1)

bounds = st.one_of(
    st.builds(lambda number: {"at_least": number}, st.integers(1, 4)),
    st.builds(lambda number: {"more_than": number}, st.integers(0, 3)),
    st.builds(lambda number: {"at_most": number}, st.integers(0, 3)),
    st.builds(lambda number: {"less_than": number}, st.integers(1, 4)),
    st.builds(lambda low, more: {"at_least": low, "at_most": low + more}, st.integers(1, 3), st.integers(0, 2)),
)


@st.composite
def plain_rules(draw: st.DrawFn, fades: Strategy = fading) -> Mapping:
    """Rules without `count`: each event earns."""
    rule: Mapping = {"id": "plain", "when": "page_view", **draw(pricing), **draw(fades)}
    if draw(st.booleans()):
        rule["once_per"] = draw(st.sampled_from(["visit_id", "path"]))
    if draw(st.booleans()):
        rule["skip"] = draw(st.integers(0, 3))
    if draw(st.booleans()):
        rule["limit"] = draw(limits)
    rule["score"] = draw(st.sampled_from(["a", "b", "c"]))
    return rule


@st.composite
def count_rules(draw: st.DrawFn, fades: Strategy = fading) -> Mapping:
    """`count` in all its forms."""
    count = dict(draw(bounds))
    if draw(st.booleans()):
        count["within"] = draw(durations)
    if draw(st.booleans()):
        count["distinct"] = draw(st.sampled_from(["visit_id", "path"]))
    score = "a"
    if draw(st.booleans()):
        count["same"] = "category"
        score = draw(st.sampled_from(["a", "c"]))
    rule = {"id": "count", "when": "page_view", "count": count, "score": score}
    return {**rule, **draw(pricing), **draw(awards(fades))}


PLANS = st.one_of(
    st.sampled_from(["gold", "?old", "*l*", "*", 1, 1.0, 2, True, False, None, ["silver", 2, None], {"at_least": 1, "less_than": 2}]),
    st.sampled_from([{"more_than": 1}, {"at_most": 1}, "1", "G*", []]),
).filter(lambda plan: plan != [])


@st.composite
def where_rules(draw: st.DrawFn) -> Mapping:
    """Rules that look into an event's properties, which have values of all JSON types."""
    field = draw(st.sampled_from(["properties.plan", "properties.plan.deep", "properties"]))
    rule: Mapping = {"id": "where", "when": "activity", "where": {field: draw(PLANS)}, "points": 1, "alert": True}
    if draw(st.booleans()):
        rule["where"]["name"] = draw(st.sampled_from(["quote", ["form", "q*"]]))
    key = draw(st.sampled_from([None, "once_per", "distinct", "same"]))
    if key == "once_per":
        rule["once_per"] = "properties.plan"
    elif key is not None:
        rule["count"] = {"at_least": 2 if key == "distinct" else 1, key: "properties.plan"}
    return rule


CONDITIONS: list[Mapping] = [
    {"when": "page_view", "where": {"path": "/a"}},
    {"when": "page_view"},
    {"when": "call", "where": {"direction": "inbound"}},
    {"when": ["call", "activity"]},
    {"when": "activity", "where": {"name": "quote"}},
]
conditions = st.sampled_from(CONDITIONS)


@st.composite
def all_rules(draw: st.DrawFn, fades: Strategy = fading) -> Mapping:
    """`all`: conditions that hold together."""
    rule: Mapping = {"id": "all", "all": draw(st.lists(conditions, min_size=1, max_size=3)), **draw(pricing), **draw(awards(fades))}
    return {**rule, "within": draw(durations)} if draw(st.booleans()) else rule


@st.composite
def sequence_rules(draw: st.DrawFn, fades: Strategy = fading) -> Mapping:
    """`sequence`: conditions one after the other."""
    rule: Mapping = {
        "id": "sequence",
        "sequence": draw(st.lists(conditions, min_size=1, max_size=3)),
        **draw(pricing),
        **draw(awards(fades)),
    }
    return {**rule, "within": draw(durations)} if draw(st.booleans()) else rule


@st.composite
def after_rules(draw: st.DrawFn, fades: Strategy = fading) -> Mapping:
    """`after` one thing `without` another."""
    rule: Mapping = {"id": "after", "after": draw(conditions), "without": draw(conditions), "within": draw(durations)}
    return {**rule, **draw(pricing), **draw(awards(fades))}


PROFILES: list[Mapping] = [
    {"city": "warsaw"},
    {"job_title": ["*head*", "CEO"]},
    {"city": None},
    {"budget": {"at_least": 3}},
    {"budget": True},
    {"city": "W*", "job_title": "?????n?"},
]


@st.composite
def profile_rules(draw: st.DrawFn, fades: Strategy = fading) -> Mapping:
    """`profile`: who the lead is."""
    return {"id": "profile", "profile": draw(st.sampled_from(PROFILES)), **draw(pricing), **draw(awards(fades))}


@st.composite
def thresholds(draw: st.DrawFn) -> list[Mapping]:
    """Thresholds of all forms on small numbers, some of them fractions."""
    number = st.sampled_from([1, 2, 3, 5, 7.5])
    found: list[Mapping] = []
    for place in range(draw(st.integers(0, 5))):
        one: Mapping = {"id": f"t{place}", "action": "call"}
        if draw(st.booleans()):
            one["cooldown"] = draw(durations)
        form = draw(st.sampled_from(["at", "at", "falls", "leads"]))
        if form == "leads":
            found.append({**one, "leads": "c", "by": draw(number)})
            continue
        one["score"] = draw(st.sampled_from(["total", "a", "b", "c[mens]"]))
        if form == "falls":
            found.append({**one, "falls_below": draw(number)})
            continue
        at = draw(number)
        one["at"] = at
        if draw(st.booleans()):
            one["rearm_below"] = min(at, draw(number))
        if draw(st.booleans()):
            one["below"] = at + draw(st.sampled_from([1, 5]))
        found.append(one)
    return found


STAGES: Strategy = st.one_of(st.just({}), st.just({"cold": 0, "warm": 5, "hot": 10}), st.just({"low": -10, "some": 2, "more": 2.5}))
FORMULAS: tuple[str | None, ...] = (
    None,
    "a + b",
    "min(a, 10) + max(b, c[mens], 0) / 2",
    "a * 2 - b + profile.budget / 1000",
    "-a + 5",
    "(a - 1) * (b + 0.5) / 4 - min(a, b, 3)",
)
DIVIDING_FORMULAS: tuple[str | None, ...] = ("(a + 3) * (b - 1) / (c[womens] - 5)", "a / b")
"""Not for scores that decay: as a divisor nears nothing the total leaps, and what is dated to 2 s tells nothing of it."""


@st.composite
def models(draw: st.DrawFn, fades: Strategy = expiring, formulas: tuple[str | None, ...] = FORMULAS + DIVIDING_FORMULAS) -> Mapping:
    """Models of several rules of any form, with thresholds, stages and a formula."""
    kinds = [plain_rules(fades), count_rules(fades), all_rules(fades), sequence_rules(fades), after_rules(fades), profile_rules(fades)]
    rules = draw(st.lists(st.one_of(kinds), min_size=1, max_size=4))
    rules = [{**rule, "id": f"{rule['id']}-{place}"} for place, rule in enumerate(rules)]
    more: Mapping = {"thresholds": draw(thresholds()), "stages": draw(STAGES)}
    formula = draw(st.sampled_from(formulas))
    return model(*rules, **({} if formula is None else {"total": formula}), **{key: value for key, value in more.items() if value})
