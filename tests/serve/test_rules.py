"""The model in words."""

from __future__ import annotations

import pytest

from streamer.model import load_model, read_model
from streamer.serve.rules import duration, model_in_words, rule_text, threshold_text
from tests.stream.cluster import ROOT

MODEL = """
version: "1"
scores: {interest: {}, product: {by: category}}
rules:
  - {id: a, when: page_view, where: {path: "/pricing*"}, points: 5, limit: {points: 15, per: day}}
  - {id: b, when: [call, message], where: {direction: inbound}, count: {at_least: 3, within: 2d}, points: 15}
  - {id: c, when: webinar_watched, where: {percent: {at_least: 50, less_than: 90}}, once_per: webinar_id, skip: 1, half_life: 14d}
  - {id: d, after: {when: activity, where: {name: quote_opened}}, without: {when: call}, within: 1d, points: 5}
  - {id: e, all: [{when: activity, where: {name: [x, y]}}, {when: webinar_attended}], within: 36h, points: 10, award: once}
  - {id: f, sequence: [{when: activity}, {when: call, where: {outcome: null}}], points: 10}
  - {id: g, profile: {job_title: ["*head*", "*CEO*"], budget: {more_than: 1000}}, points: 100}
  - {id: h, when: page_view, count: {at_least: 10, distinct: path, same: category, within: 14d}, score: product, points: 50}
  - {id: i, when: page_view, where: {human: true}, count: {at_most: 6}, points: 1, award: each}
thresholds:
  - {id: hot, score: total, at: 30, rearm_below: 20, cooldown: 1d}
  - {id: hr, score: interest, at: 10, below: 100}
  - {id: cooled, score: total, falls_below: 10}
  - {id: leader, leads: product, by: 20}
"""
RULES = {
    "a": "page_view where path is /pricing*, at most 15 points a day",
    "b": "call or message where direction is inbound, at least 3 times within 2d",
    "c": "webinar_watched where percent ≥ 50 and < 90, once per webinar_id, all but the first, worth half after 2w",
    "d": "activity where name is quote_opened and no call after it, within 1d",
    "e": "all of: activity where name is x or y; webinar_attended, within 36h, given once",
    "f": "activity then call where outcome is absent",
    "g": "profile: job_title is *head* or *CEO* and budget > 1000",
    "h": "page_view, at least 10 times with different path with the same category within 2w",
    "i": "page_view where human is true, at most 6 times, given each time it comes true",
}
THRESHOLDS = {
    "hot": "total reaches 30, again after it was below 20, once in 1d",
    "hr": "interest reaches 10 and is below 100",
    "cooled": "total falls below 10",
    "leader": "one of product is ahead of the next by 20",
}


def test_rules_and_thresholds_in_words() -> None:
    """Every form of rule and threshold is told in words that name all that it asks for."""
    model = read_model(MODEL).model
    assert {rule.id: rule_text(rule) for rule in model.rules} == RULES
    assert {one.id: threshold_text(one) for one in model.thresholds} == THRESHOLDS


def test_demo_model_in_words() -> None:
    """The model of the demo has a text for each rule, with the leads that hold it."""
    told = model_in_words(load_model(ROOT / "model.yaml").model, {"visit": 7})
    assert [rule.leads for rule in told.rules if rule.id == "visit"] == [7]
    assert all(rule.when for rule in told.rules)
    assert [stage.name for stage in told.stages] == ["awareness", "interest", "conviction", "decision"]


FORMULAS = [
    "interest - (fit - 1)",
    "-(interest + fit) * 2",
    "interest / (fit * 2)",
    "(interest + fit) * 2 - -3",
    "min(100, max(interest, product[mens], profile.budget / 1000))",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_told_as_it_was_written(formula: str) -> None:
    """The total's formula is told with no more brackets than it needs."""
    scores = "{interest: {}, fit: {}, product: {by: category}}"
    rules = "[{id: a, when: page_view, points: 1}, {id: b, when: page_view, score: fit}, {id: c, when: page_view, score: product}]"
    told = model_in_words(read_model(f'version: "1"\nscores: {scores}\nrules: {rules}\ntotal: "{formula}"').model, {})
    assert told.total == formula


def test_the_total_is_the_sum_unless_the_model_says_otherwise() -> None:
    """A model without a formula adds up the scores that have no categories; a rule says how long its points last."""
    told = model_in_words(read_model(MODEL).model, {})
    assert told.total == "interest"
    rules = {rule.id: (rule.award, rule.within_ms, rule.expires_after_ms, rule.half_life_ms) for rule in told.rules}
    assert rules["b"] == ("while", 172_800_000, None, None)
    assert rules["c"] == ("while", None, None, 1_209_600_000)
    assert rules["e"] == ("once", 129_600_000, None, None)


@pytest.mark.parametrize(("time_ms", "text"), [(1000, "1s"), (90_000, "90s"), (86_400_000, "1d"), (1, "1 ms")])
def test_durations(time_ms: int, text: str) -> None:
    """A duration is told in the largest unit that divides it."""
    assert duration(time_ms) == text
