"""The alerts of one moment: the numbers before and after in, the alerts out; and the lead's current scores."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, NamedTuple, cast

import orjson
from xxhash import xxh32_intdigest

from streamer.model.spec import Model, Threshold
from streamer.score.numbers import Numbers, Tally
from streamer.score.reasons import Explainer
from streamer.score.row import Row
from streamer.score.rules import CompiledRule, Rises
from streamer.score.thresholds import ARMED, FIRED, LAST_MS, CompiledLead, CompiledStages, CompiledThreshold, Crossing, Firing, new_firing
from topics.alerts import Alert, LeadScores, Number, Reference, Scores
from topics.times import format_rfc3339

Kind = Literal["threshold", "rule", "stage"]


class Times(NamedTuple):
    """Of a moment: the lead's present, the event's time or the exact time that ended something, and when it was decided."""

    now_ms: int
    occurred_at: int
    decided_at_ms: int


class Alerter:
    """Finds what a moment made cross, for one model; rules first, then thresholds, then the stage."""

    def __init__(self, model: Model, app: str, rules: dict[int, CompiledRule], tally: Tally, explainer: Explainer) -> None:
        self._model = model
        self._app = app
        self._explainer = explainer
        self._clamps = tally.clamps
        self._order = {key: place for place, key in enumerate(rules)}
        self._by = {score.name for score in model.scores if score.by is not None}
        self._stages = CompiledStages(model.stages)
        self._thresholds = [self._compile(spec) for spec in model.thresholds]
        self.keys = {_key("stage", "stage"), *(_key("rule", rule.spec.id) for rule in rules.values())}
        """The keys of the row's firings that belong to this model, but for those of leading categories."""
        self.keys.update(_key("threshold", spec.id) for spec in model.thresholds)

    def alerts(
        self, lead_id: str, row: Row, before: Numbers, after: Numbers, rises: Rises, trigger: Reference | None, times: Times
    ) -> list[Alert]:
        """The alerts of one moment."""
        now_ms = times.now_ms
        crossings: list[tuple[Kind, Crossing, str | None, Firing]] = []
        for rule, value in sorted(rises, key=lambda rise: self._order[rise[0].key]) if rises else ():
            crossings.append(("rule", self._rise(rule, value, before, after), None, _firing(row, _key("rule", rule.spec.id))))
        if before != after:
            for threshold in self._thresholds:
                crossing, firing = self._cross(threshold, row, before, after, now_ms)
                if crossing is not None:
                    crossings.append(("threshold", crossing, threshold.spec.action, firing))
            change = self._stages.cross(before, after)
            if change is not None:
                crossings.append(("stage", change, None, _firing(row, _key("stage", "stage"))))
        if not crossings:
            return []
        for _, _, _, firing in crossings:
            firing[LAST_MS] = now_ms
        reasons = self._explainer.reasons(row, now_ms)
        shared = {
            "lead_id": lead_id,
            "scores": after.scores,
            "total": after.total,
            "stage": self._stages.stage(after.total),
            "occurred_at": format_rfc3339(times.occurred_at),
            "decided_at": format_rfc3339(times.decided_at_ms),
            "model_version": self._model.version,
            "trigger": trigger,
            "reasons": reasons,
            "profile": row.profile,
        }
        return [self._alert(row, kind, crossing, action, firing, shared) for kind, crossing, action, firing in crossings]

    def scores(self, lead_id: str, row: Row, numbers: Numbers, now_ms: int) -> LeadScores:
        """What `lead-scores` says of the lead."""
        return LeadScores(
            lead_id=lead_id,
            total=numbers.total,
            scores=numbers.scores,
            stage=self._stages.stage(numbers.total),
            updated_at=format_rfc3339(row.updated_at),
            first_seen_at=format_rfc3339(row.first_seen_at),
            last_event_at=format_rfc3339(row.last_event_at) if row.events else None,
            events=row.events,
            reasons=self._explainer.reasons(row, now_ms),
            profile=row.profile,
            model_version=self._model.version,
            alerts=row.alerts,
        )

    def unfired(self, row: Row, numbers: Numbers) -> int:
        """How many armed thresholds the numbers stand above, though no moment crossed them: a change of the model did.

        It may have brought others below their bound, too: those are armed again.
        """
        unfired = 0
        for threshold in self._thresholds:
            if isinstance(threshold, CompiledThreshold):
                firing = row.firings.get(threshold.key) or new_firing()
                threshold.rearm(numbers, firing)
                unfired += threshold.is_crossed(numbers, firing)
        return unfired

    def is_leading(self, row: Row, key: int) -> bool:
        """Whether the key of a firing is that of a category's lead, which this model still asks for."""
        leads = [threshold for threshold in self._model.thresholds if threshold.leads is not None]
        categories = [category for names in row.categories.values() for category in names]
        return any(key == _key("threshold", f"{lead.id}[{category}]") for lead in leads for category in categories)

    def _compile(self, spec: Threshold) -> CompiledThreshold | CompiledLead:
        if spec.leads is not None:
            return CompiledLead(spec)
        clamp = self._clamps[spec.score.name] if spec.score.category is not None else None
        return CompiledThreshold(spec, _key("threshold", spec.id), clamp)

    def _cross(
        self, threshold: CompiledThreshold | CompiledLead, row: Row, before: Numbers, after: Numbers, now_ms: int
    ) -> tuple[Crossing | None, Firing]:
        if isinstance(threshold, CompiledThreshold):
            old, new = threshold.number(before), threshold.number(after)
            if old == new:
                return None, []
            firing = row.firings.get(threshold.key) or new_firing()
            crossing = threshold.cross(old, new, firing, now_ms)
            if crossing is not None or not firing[ARMED] or firing[FIRED]:
                row.firings[threshold.key] = firing
            return crossing, firing

        def firing_of(category: str) -> Firing:
            return row.firings.get(_key("threshold", f"{threshold.spec.id}[{category}]")) or new_firing()

        crossing = threshold.cross(before, after, firing_of, now_ms)
        if crossing is None:
            return None, []
        return crossing, _firing(row, _key("threshold", f"{threshold.spec.id}[{crossing.value}]"))

    def _rise(self, rule: CompiledRule, value: Any, before: Numbers, after: Numbers) -> Crossing:
        name = rule.spec.score
        old, new = (self._of_rule(numbers.scores, name, value) for numbers in (before, after))
        return Crossing(rule.spec.id, "up", name, old, new, None, value)

    def _of_rule(self, scores: Scores, name: str, value: Any) -> Number:
        found = scores[name]
        return found.get(str(value), self._clamps[name](0)) if isinstance(found, dict) else found

    def _alert(self, row: Row, kind: Kind, crossing: Crossing, action: str | None, firing: Firing, shared: dict[str, Any]) -> Alert:
        firing[FIRED] += 1
        row.alerts += 1
        identity = [self._app, shared["lead_id"], row.first_seen_at, kind, crossing.id, crossing.value, firing[FIRED]]
        return Alert(
            alert_id=hashlib.sha256(orjson.dumps(identity)).hexdigest()[:32],
            kind=kind,
            id=crossing.id,
            direction=cast(Literal["up", "down"], crossing.direction),
            score=crossing.score,
            before=crossing.before,
            after=crossing.after,
            at=crossing.at,
            action=action,
            value=crossing.value,
            **shared,
        )


def _key(kind: str, name: str) -> int:
    return xxh32_intdigest(f"{kind}:{name}".encode())


def _firing(row: Row, key: int) -> Firing:
    return row.firings.setdefault(key, new_firing())
