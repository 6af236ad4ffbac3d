"""The scoring models of the simulation. `POINTS` and the version are what a changed model changes."""

from __future__ import annotations

from functools import cache

from streamer.model import read_model
from streamer.model.spec import Model
from streamer.score.engine import Engine

THRESHOLDS = """
thresholds:
  - {id: hot, score: total, at: 8, rearm_below: 4, cooldown: 30m, action: call}
  - {id: cold, score: total, falls_below: 2}
stages: {cool: 0, warm: 5, hot: 12}
"""
TEXTS = {
    "windows": """
scores: {a: {max: 40}, b: {}}
rules:
  - {id: visit, when: page_view, points: 1, expires_after: 3h}
  - {id: three, when: page_view, count: {at_least: 3, within: 2h}, points: POINTS, alert: true}
  - {id: silent, when: [page_view, call], count: {at_most: 1, within: 1h}, score: b, points: -2}
  - {id: quote, when: activity, where: {name: quote}, points: 4, limit: {times: 2, per: day}}
"""
    + THRESHOLDS,
    "stories": """
scores: {a: {}, fit: {min: -5, max: 50}}
rules:
  - {id: visit, when: page_view, once_per: visit_id, points: 1}
  - {id: waited, after: {when: activity, where: {name: quote}}, without: {when: call}, within: 1h, points: POINTS, alert: true}
  - {id: both, all: [{when: activity}, {when: call}], within: 2h, points: 3}
  - {id: in-order, sequence: [{when: page_view}, {when: activity}, {when: call}], within: 3h, points: 4, alert: true}
  - {id: head, profile: {job_title: "*head*"}, score: fit, points: 6, alert: true}
  - {id: unknown, profile: {city: null}, score: fit, points: -1}
"""
    + THRESHOLDS,
    "categories": """
scores: {a: {}, product: {by: category, max: 30}}
total: a + product[mens] / 2
rules:
  - {id: visit, when: page_view, points: 1, limit: {points: 6, per: day}}
  - {id: product, when: page_view, score: product, points: POINTS, expires_after: 5h}
  - {id: choosing, when: page_view, count: {at_least: 2, same: category, within: 2h}, score: product, points: 8, alert: true}
  - {id: call, when: call, where: {direction: inbound}, skip: 1, points: 3}
"""
    + THRESHOLDS.replace("stages", "  - {id: leader, leads: product, by: 7, cooldown: 1h}\nstages"),
    "awards": """
scores: {a: {}}
rules:
  - {id: visit, when: page_view, points: 0.5}
  - {id: busy, when: page_view, count: {at_least: 2, within: 1h}, points: 3, award: each, expires_after: 4h, alert: true}
  - {id: caller, when: call, count: {at_least: 2, within: 3h}, points: POINTS, award: once}
  - {id: quiet, after: {when: page_view}, without: {when: [call, activity]}, within: 2h, points: 2, award: each}
"""
    + THRESHOLDS,
}
IN_ANY_ORDER = ("windows", "stories", "categories")
"""Models whose scores are the same in the end, in whatever order the records came."""
POINTS = (5, 7)
NEVER = "  - {id: never, when: purchase, points: 1}\n"
"""A rule that sees nothing: rows are taken over by another model, and what they say stays the same."""


@cache
def model_of(name: str, version: int, *, repriced: bool) -> Model:
    """A model in its first, second… version; `repriced` when these give different points."""
    text = TEXTS[name].replace("POINTS", str(POINTS[version % 2] if repriced else POINTS[0]))
    if version % 2:
        text = text.replace("rules:\n", "rules:\n" + NEVER)
    return read_model(f'version: "{version}"\ntimezone: Europe/Warsaw\n{text}').model


class _Engine(Engine):
    """An engine that is compiled once for each partition number."""

    def for_partition(self, partition: int) -> Engine:
        return _engine_of(self.model, partition)


@cache
def _engine_of(model: Model, partition: int) -> Engine:
    return Engine(model, "simulation", "", partition)


@cache
def engine_of(name: str, version: int, *, repriced: bool) -> Engine:
    """The compiled model, for `Partition`."""
    return _Engine(model_of(name, version, repriced=repriced), "simulation")
