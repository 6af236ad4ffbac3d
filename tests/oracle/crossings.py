"""The numbers before and after a moment in, the thresholds and stages that were crossed out; and what each remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from streamer.model.spec import Model, ScoreRef, Threshold
from tests.oracle.numbers import Numbers, clamped


@dataclass(frozen=True)
class Crossed:
    """What the alerts of section 4 say, but for what the whole moment shares."""

    kind: str
    id: str
    direction: str
    score: str
    before: float
    after: float
    at: float | None
    value: Any = None
    action: str | None = None


@dataclass
class Memory:
    """Which thresholds are disarmed, and when each (with each leading category) fired last."""

    disarmed: set[str] = field(default_factory=set)
    fired_ms: dict[tuple[str, str | None], int] = field(default_factory=dict)

    def fires(self, threshold: Threshold, category: str | None, now_ms: int) -> bool:
        """Whether a crossing fires, and is not lost inside the cooldown."""
        last_ms = self.fired_ms.get((threshold.id, category))
        if last_ms is not None and now_ms - last_ms < threshold.cooldown_ms:
            return False
        self.fired_ms[threshold.id, category] = now_ms
        return True


def crossed(model: Model, memory: Memory, before: Numbers, after: Numbers, now_ms: int) -> list[Crossed]:
    """Thresholds in the model's order, then the stage."""
    found: list[Crossed] = []
    for threshold in model.thresholds:
        if threshold.leads is not None:
            found += _leads(threshold, memory, before, after, now_ms)
        else:
            found += _crosses(model, threshold, memory, before, after, now_ms)
    old, new = (stage_of(model, numbers.total) for numbers in (before, after))
    if old != new:
        lowest = next((stage.at for stage in model.stages if stage.name == new), None)
        direction = "up" if after.total > before.total else "down"
        found.append(Crossed("stage", "stage", direction, "total", before.total, after.total, lowest, new))
    return found


def bounds_reached(model: Model, numbers: Numbers) -> list[object]:
    """For each bound of thresholds and stages whether the numbers reach it: while this stays the same nothing is crossed."""
    reached: list[object] = [stage_of(model, numbers.total)]
    for threshold in model.thresholds:
        if threshold.leads is not None and threshold.by is not None:
            categories = numbers.by[threshold.leads]
            reached += [category for category in categories if _is_ahead(categories, category, threshold.by)]
        else:
            bounds = (threshold.at, threshold.rearm_below, threshold.falls_below)
            number = numbers.of(threshold.score.name, threshold.score.category, _empty(model, threshold))
            reached += [number >= bound for bound in bounds if bound is not None]
    return reached


def stage_of(model: Model, total: float) -> str | None:
    """The last stage whose lowest total is reached."""
    reached = [stage.name for stage in sorted(model.stages, key=lambda stage: stage.at) if stage.at <= total]
    return reached[-1] if reached else None


def printed(score: ScoreRef) -> str:
    """A score as alerts name it."""
    return score.name if score.category is None else f"{score.name}[{score.category}]"


def _crosses(model: Model, threshold: Threshold, memory: Memory, before: Numbers, after: Numbers, now_ms: int) -> list[Crossed]:
    name, category = threshold.score.name, threshold.score.category
    empty = _empty(model, threshold)
    old, new = before.of(name, category, empty), after.of(name, category, empty)
    if threshold.falls_below is not None:
        if new < threshold.falls_below <= old and memory.fires(threshold, None, now_ms):
            return [
                Crossed(
                    "threshold", threshold.id, "down", printed(threshold.score), old, new, threshold.falls_below, None, threshold.action
                )
            ]
        return []
    at = threshold.at
    assert at is not None
    found: list[Crossed] = []
    is_up = old < at <= new and threshold.id not in memory.disarmed and (threshold.below is None or new < threshold.below)
    if is_up and memory.fires(threshold, None, now_ms):
        memory.disarmed.add(threshold.id)
        found.append(Crossed("threshold", threshold.id, "up", printed(threshold.score), old, new, at, None, threshold.action))
    if new < (at if threshold.rearm_below is None else threshold.rearm_below):
        memory.disarmed.discard(threshold.id)
    return found


def _empty(model: Model, threshold: Threshold) -> float:
    """What a category is worth that has nothing."""
    return next((clamped(score, 0) for score in model.scores if score.name == threshold.score.name), 0)


def _leads(threshold: Threshold, memory: Memory, before: Numbers, after: Numbers, now_ms: int) -> list[Crossed]:
    assert threshold.leads is not None and threshold.by is not None
    found: list[Crossed] = []
    for category in after.by[threshold.leads]:
        if not _is_ahead(before.by[threshold.leads], category, threshold.by) and _is_ahead(
            after.by[threshold.leads], category, threshold.by
        ):
            old, new = (numbers.by[threshold.leads].get(category, 0) for numbers in (before, after))
            if memory.fires(threshold, category, now_ms):
                score = f"{threshold.leads}[{category}]"
                found.append(Crossed("threshold", threshold.id, "up", score, old, new, threshold.by, category, threshold.action))
    return found


def _is_ahead(categories: dict[str, float], category: str, by: float) -> bool:
    """Whether the category is ahead of the next, or of 0, by so much. Ties: nobody leads."""
    next_best = max([0, *(number for other, number in categories.items() if other != category)])
    ahead = round(categories.get(category, 0) - next_best, 6)
    return ahead > 0 and ahead >= by
