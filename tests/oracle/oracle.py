"""The records of one partition in arrival order in; the alerts of each step and the scores of each lead out.

The moments of a lead are its events, its profiles, and the times at which something ends: any event or rise, plus any duration of
the model. One moment is judged once. What ends at b is judged before an event dated b.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from streamer.model.spec import Form, Model, Rule
from tests.oracle.crossings import Crossed, Memory, bounds_reached, crossed, stage_of
from tests.oracle.decay import first_change_ms
from tests.oracle.earnings import Given, given_by_plain, given_by_truth
from tests.oracle.fields import Value
from tests.oracle.happened import Happened, happened
from tests.oracle.numbers import Numbers, clamped, numbers_of
from tests.oracle.truth import truths_of

REMEMBERED_IDS = 256
ERASURE_MS = 30 * 86_400_000


@dataclass(frozen=True)
class OracleAlert:
    """An alert of section 4; `given` are its reasons as (rule, value) -> what is given."""

    lead: str
    crossed: Crossed
    time_ms: int
    trigger: tuple[str, int] | None
    numbers: Numbers
    stage: str | None
    given: list[tuple[Rule, Given]]


@dataclass
class OracleLead:
    """Everything that ever came for a lead, and what was judged so far: history, nothing summed up."""

    id: str
    first_seen_ms: int
    numbers: Numbers
    seen_ids: list[str] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)
    profile: dict[str, Any] = field(default_factory=dict)
    exists: bool = False
    judged_ms: int = 0
    truths: dict[tuple[str, Value | None], bool] = field(default_factory=dict)
    rises_ms: dict[tuple[str, Value | None], list[int]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    given: list[tuple[Rule, Given]] = field(default_factory=list)
    alerts: int = 0


class Oracle:
    """One partition."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.now_ms = 0
        self.leads: dict[str, OracleLead] = {}
        self.erased_ms: dict[str, int] = {}
        self._scores = {score.name: score for score in model.scores}
        self._decays = any(rule.half_life_ms is not None for rule in model.rules)
        self._arrivals = 0
        spans = [(rule.within_ms, rule.expires_after_ms, rule.count.within_ms if rule.count else None) for rule in model.rules]
        self._durations_ms = sorted({span for of_rule in spans for span in of_rule if span is not None})

    def take(self, topic: str, offset: int, key: str, value: dict[str, Any] | None, timestamp_ms: int) -> list[OracleAlert]:
        """A valid record of any input topic."""
        self._arrivals += 1
        if topic == "lead-erasures":
            assert value is not None
            self.erased_ms[key] = max(value["requested_at"], self.erased_ms.get(key, 0))
            self.leads.pop(key, None)
            return []
        if topic == "lead-profiles":
            return self._take_profile(offset, key, value, timestamp_ms)
        assert value is not None
        event = happened(topic, offset, value, timestamp_ms, self._arrivals)
        if self._is_erased(key, event.time_ms):
            return []
        lead = self._lead(key, event.time_ms)
        if event.event_id in lead.seen_ids[-REMEMBERED_IDS:]:
            return []
        lead.seen_ids.append(event.event_id)
        alerts = self.advance(event.time_ms)
        if value.get("human") is False:
            return alerts
        alerts += self._refreshed(lead)
        lead.events.append(event)
        return alerts + self._judge(lead, self.now_ms, event.time_ms, (topic, offset))

    def _take_profile(self, offset: int, key: str, value: dict[str, Any] | None, timestamp_ms: int) -> list[OracleAlert]:
        if self._is_erased(key, timestamp_ms):
            return []
        if value is None and (key not in self.leads or not self.leads[key].exists):
            return self.advance(timestamp_ms)  # removes the profile of nobody
        lead = self._lead(key, timestamp_ms)
        alerts = self.advance(timestamp_ms) + self._refreshed(lead)
        lead.profile = {name: content for name, content in (value or {}).items() if content is not None}
        return alerts + self._judge(lead, self.now_ms, timestamp_ms, ("lead-profiles", offset))

    def advance(self, now_ms: int) -> list[OracleAlert]:
        """Moves the clock on, never back; judges every lead at every time up to then at which something may end."""
        alerts: list[OracleAlert] = []
        while now_ms > self.now_ms:
            endings = {lead.id: self._next_ending(lead, now_ms) for lead in self.leads.values() if lead.exists}
            self.now_ms = min(endings.values(), default=now_ms)
            for lead in self.leads.values():
                if endings.get(lead.id) == self.now_ms:
                    alerts += self._judge(lead, self.now_ms, self.now_ms, None)
        return alerts

    def _is_erased(self, key: str, time_ms: int) -> bool:
        """Whether a record is dropped, since the lead asked to be forgotten up to then or later, at most 30 days ago."""
        return key in self.erased_ms and time_ms <= self.erased_ms[key] and self.now_ms < self.erased_ms[key] + ERASURE_MS

    def _lead(self, key: str, first_seen_ms: int) -> OracleLead:
        return self.leads.setdefault(key, OracleLead(key, first_seen_ms, numbers_of(self.model, [], {})))

    def _next_ending(self, lead: OracleLead, until_ms: int) -> int:
        """The first time after now at which something may end; `until_ms` if that is earlier."""
        starts = [event.time_ms for event in lead.events] + [time_ms for rises_ms in lead.rises_ms.values() for time_ms in rises_ms]
        endings = {start_ms + duration_ms for start_ms in starts for duration_ms in self._durations_ms}
        next_ms = min((time_ms for time_ms in endings if self.now_ms < time_ms < until_ms), default=until_ms)
        if not self._decays:
            return next_ms

        def reached(time_ms: int) -> object:
            numbers = numbers_of(self.model, self._given_just_before(lead, time_ms), lead.profile)
            return bounds_reached(self.model, numbers)

        return first_change_ms(reached, self.now_ms, next_ms)

    def _refreshed(self, lead: OracleLead) -> list[OracleAlert]:
        """What decays is brought to the moment first, so that `before` is the value just before it."""
        return self._judge(lead, self.now_ms, self.now_ms, None) if self._decays and lead.exists else []

    def _judge(self, lead: OracleLead, now_ms: int, time_ms: int, trigger: tuple[str, int] | None) -> list[OracleAlert]:
        lead.exists = True
        before = lead.numbers
        if trigger is None:
            before = numbers_of(self.model, self._given_just_before(lead, max(now_ms - 1, lead.judged_ms)), lead.profile)
        lead.judged_ms = now_ms
        risen, lead.given = self._rules_judged(lead, now_ms, is_event=trigger is not None)
        after = lead.numbers = numbers_of(self.model, lead.given, lead.profile)
        found = [self._risen(rule, value, before, after) for rule, value in risen]
        found += crossed(self.model, lead.memory, before, after, now_ms)
        lead.alerts += len(found)
        stage = stage_of(self.model, after.total)
        return [OracleAlert(lead.id, one, time_ms, trigger, after, stage, lead.given) for one in found]

    def _given_just_before(self, lead: OracleLead, now_ms: int) -> list[tuple[Rule, Given]]:
        """What was judged last, with what decays brought to the moment."""
        given = [(rule, one) for rule, one in lead.given if rule.half_life_ms is None]
        for rule in self.model.rules:
            if rule.half_life_ms is not None and rule.form is Form.PLAIN:
                given += [(rule, one) for one in given_by_plain(rule, self._scores[rule.score], lead.events, self.model.timezone, now_ms)]
            elif rule.half_life_ms is not None:
                for (id_, value), rises_ms in lead.rises_ms.items():
                    if id_ == rule.id:
                        given.append((rule, given_by_truth(rule, value, lead.truths[id_, value], rises_ms, now_ms)))
        return given

    def _rules_judged(
        self, lead: OracleLead, now_ms: int, *, is_event: bool
    ) -> tuple[list[tuple[Rule, Value | None]], list[tuple[Rule, Given]]]:
        """The rises that make an alert, and what each rule gives now."""
        risen: list[tuple[Rule, Value | None]] = []
        given: list[tuple[Rule, Given]] = []
        for rule in self.model.rules:
            if rule.form is Form.PLAIN:
                earned = given_by_plain(rule, self._scores[rule.score], lead.events, self.model.timezone, now_ms)
                given += [(rule, one) for one in earned]
                live = sum(one.times for one in earned)
                known = {one.value: one.times for of_rule, one in lead.given if of_rule is rule}
                if rule.alert and is_event and live > sum(known.values()):
                    risen += [(rule, one.value) for one in earned if one.times > known.get(one.value, 0)]
                continue
            truths = truths_of(rule, lead.events, lead.profile, now_ms)
            for value in {*truths, *(value for id_, value in lead.truths if id_ == rule.id)}:
                was, holds = lead.truths.get((rule.id, value), False), truths.get(value, False)
                lead.truths[rule.id, value] = holds
                rises_ms = lead.rises_ms.setdefault((rule.id, value), [])
                if holds and not was:
                    rises_ms.append(now_ms)
                    if rule.alert:
                        risen.append((rule, value))
                given.append((rule, given_by_truth(rule, value, holds, rises_ms, now_ms)))
        return risen, [(rule, one) for rule, one in given if one.times]

    def _risen(self, rule: Rule, value: Value | None, before: Numbers, after: Numbers) -> Crossed:
        score = self._scores[rule.score]
        category = None if score.by is None else str(value)
        old, new = (numbers.of(score.name, category, clamped(score, 0)) for numbers in (before, after))
        return Crossed("rule", rule.id, "up", rule.score, old, new, None, value)
