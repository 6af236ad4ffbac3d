"""Two models -> what the change from the old to the new one means for leads that are already scored."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from streamer.model.observation import kept_by, observes
from streamer.model.spec import Model


class Effect(StrEnum):
    """What becomes of one part of the old model; for rules the first four, for everything else the last four."""

    RESCORED = "re-scored"
    STARTED_ANEW = "started anew"
    DROPPED = "dropped"
    KEPT = "kept"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One part of a model (`rule`, `score`, `threshold`, `stage`, `total`, `timezone`) and its fate; `detail` says what differs."""

    part: str
    id: str
    effect: Effect
    detail: str = ""

    def __str__(self) -> str:
        name = f"{self.part} {self.id}" if self.id else self.part
        return f"{name}: {self.effect}" + (f" ({self.detail})" if self.detail else "")


def compare(new: Model, old: Model) -> list[Change]:
    """Every rule with its fate, then what changed in scores, total, thresholds, stages and the time zone."""
    changes = _rules(new, old)
    changes += _parts("score", {score.name: score for score in new.scores}, {score.name: score for score in old.scores})
    changes += _parts("total", {"": new.total}, {"": old.total})
    changes += _parts("threshold", {one.id: one for one in new.thresholds}, {one.id: one for one in old.thresholds})
    changes += _parts("stage", {stage.name: stage for stage in new.stages}, {stage.name: stage for stage in old.stages})
    changes += _parts("timezone", {"": new.timezone}, {"": old.timezone})
    return changes


def _rules(new: Model, old: Model) -> list[Change]:
    before = {rule.id: rule for rule in old.rules}
    old_scores, new_scores = ({score.name: score for score in model.scores} for model in (old, new))
    changes = []
    for rule in new.rules:
        earlier = before.pop(rule.id, None)
        if earlier is None:
            changes.append(Change("rule", rule.id, Effect.STARTED_ANEW, "new"))
        elif observes(rule) != observes(earlier):
            changes.append(Change("rule", rule.id, Effect.STARTED_ANEW, f"observes something else: {_differences(rule, earlier)}"))
        elif kept_by(rule, new_scores[rule.score]) != kept_by(earlier, old_scores[earlier.score]):
            detail = _differences(rule, earlier) or f"the category of {rule.score}"
            changes.append(Change("rule", rule.id, Effect.STARTED_ANEW, f"its points are kept apart otherwise: {detail}"))
        elif rule != earlier and (differences := _differences(rule, earlier)):
            changes.append(Change("rule", rule.id, Effect.RESCORED, differences))
        else:
            changes.append(Change("rule", rule.id, Effect.KEPT))
    return changes + [Change("rule", gone, Effect.DROPPED) for gone in before]


def _parts(part: str, new: dict[str, Any], old: dict[str, Any]) -> list[Change]:
    changes = []
    for name, value in new.items():
        if name not in old:
            changes.append(Change(part, name, Effect.ADDED))
        elif value != old[name]:
            changes.append(Change(part, name, Effect.CHANGED, _differences(value, old[name])))
    return changes + [Change(part, name, Effect.REMOVED) for name in old if name not in new]


def _differences(new: Any, old: Any) -> str:
    """The fields that differ, as `points 5 -> 10`; only their names where the values are long."""
    if isinstance(new, str):
        return f"{old} -> {new}"
    if type(new) is not type(old) or not hasattr(new, "__dataclass_fields__"):
        return ""
    differences = []
    for field in fields(new):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was != now:
            short = all(value is None or isinstance(value, str | int | float) for value in (was, now))
            differences.append(f"{field.name} {_plain(was)} -> {_plain(now)}" if short else field.name)
    return ", ".join(differences)


def _plain(value: object) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
