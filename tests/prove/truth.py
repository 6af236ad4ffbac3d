"""The records of one lead in; what its alerts, its scores and its row must say out.

The proof's own answer: it shares no code with the scorer, and works everything out anew from all events at each moment. A test
holds it against the oracle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tests.prove.days import COOLDOWN_MS, WINDOW_MS
from tests.prove.records import Seen
from tests.prove.rules import ALERTING, EACH, ONCE, RULES, SCORE_OF, Gives, of_profile
from tests.system.expected import ToldAlert, ToldScores

CLAMPS: Final = {"interest": (0, 100), "fit": (-20, 120)}
PRODUCT_MAX: Final = 60
STAGES: Final = (("cold", 0), ("warm", 15), ("hot", 40))
LEAD_BY: Final = 12
Trigger = tuple[str, int, int]


class Numbers(NamedTuple):
    """Clamped scores."""

    interest: int
    fit: int
    product: dict[str, int]

    @property
    def total(self) -> int:
        """The model's total."""
        return self.interest + self.fit

    def of(self, rule: str, category: str | None) -> int:
        """The score that a rule feeds."""
        score = SCORE_OF.get(rule, "interest")
        return self.product.get(category or "", 0) if score == "product" else int(getattr(self, score))

    @property
    def leader(self) -> str | None:
        """The category that is ahead of all others by enough."""
        for category, points in self.product.items():
            others = [other for name, other in self.product.items() if name != category]
            if points - max([0, *others]) >= LEAD_BY:
                return category
        return None


class ToldRow(NamedTuple):
    """What a row of the changelog says, as far as it is not the engine's own affair."""

    events: int
    alerts: int
    applied: int
    offsets: frozenset[tuple[str, int]]
    first_seen_ms: int
    last_event_ms: int


@dataclass
class LeadTruth:
    """One lead, whose records are all in one topic, but for its erasures."""

    lead: str
    topic: str
    partition: int
    alerts: list[ToldAlert] = field(default_factory=list)
    _now_ms: int = 0
    _numbers: Numbers = field(default_factory=lambda: Numbers(0, 0, {}))
    _given: list[Gives] = field(default_factory=list)
    _first_seen_ms: int = 0
    _applied: int = 0
    _offsets: dict[str, int] = field(default_factory=dict)
    _erased_ms: int = 0
    _ids: set[str] = field(default_factory=set)
    _events: list[Seen] = field(default_factory=list)
    _profile: dict[str, Any] | None = None
    _rises: Counter[str] = field(default_factory=Counter)
    _held: set[str] = field(default_factory=set)
    _disarmed: set[str] = field(default_factory=set)
    _hot_ms: int = -COOLDOWN_MS

    @property
    def exists(self) -> bool:
        """Whether anything of it counts."""
        return bool(self._events) or self._profile is not None

    def take(self, record: Seen) -> bool:
        """The next accepted record of its topic; whether it moves the clock."""
        self._applied += 1
        self._offsets[self.topic] = record.offset
        if record.time_ms <= self._erased_ms:
            return False
        self._first_seen_ms = self._first_seen_ms or record.time_ms
        if record.id in self._ids:
            return False
        self.advance(record.time_ms)
        if record.kind == "profile":
            self._profile = record.fields
        else:
            self._ids.add(record.id)
            if not record.is_human:
                return True
            self._events.append(record)
        self._judge(record.time_ms, (self.topic, self.partition, record.offset))
        return True

    def erased(self, record: Seen) -> LeadTruth:
        """What is left of it after an erasure; its alerts have been sent."""
        offsets = self._offsets | {"lead-erasures": record.offset}
        erased_ms = max(self._erased_ms, record.time_ms)
        return LeadTruth(self.lead, self.topic, self.partition, _applied=self._applied + 1, _offsets=offsets, _erased_ms=erased_ms)

    def advance(self, now_ms: int) -> None:
        """What ends by then ends."""
        ends_ms = {event.time_ms + WINDOW_MS for event in self._events}
        for end_ms in sorted(end_ms for end_ms in ends_ms if self._now_ms < end_ms <= now_ms):
            self._now_ms = end_ms
            self._judge(end_ms, None)
        self._now_ms = max(self._now_ms, now_ms)

    def scores(self) -> ToldScores:
        """What `lead-scores` must say at the end."""
        numbers = self._numbers
        told: list[tuple[str, str | None, float]] = [("interest", None, numbers.interest), ("fit", None, numbers.fit)]
        told += [("product", category, points) for category, points in numbers.product.items() if points]
        last_ms = max((event.time_ms for event in self._events), default=None)
        return ToldScores(
            numbers.total,
            frozenset(told),
            _stage(numbers.total),
            len(self._events),
            len(self.alerts),
            self._first_seen_ms,
            last_ms,
            self._reasons(),
        )

    def row(self) -> ToldRow:
        """What its row must say at the end."""
        last_ms = max((event.time_ms for event in self._events), default=0)
        return ToldRow(len(self._events), len(self.alerts), self._applied, frozenset(self._offsets.items()), self._first_seen_ms, last_ms)

    def _judge(self, time_ms: int, trigger: Trigger | None) -> None:
        before, earned = self._numbers, {(one.rule, one.category): one.times for one in self._given}
        gives = [*RULES[self.topic](self._events, self._now_ms)] if self._profile is None else [*of_profile(self._profile)]
        risen: list[Gives] = []
        self._given = []
        for one in gives:
            if not one.truth:
                risen += [one] if one.times > earned.get((one.rule, one.category), 0) else []
                self._given.append(one)
            else:
                risen += [one] if self._holds(one) else []
                self._given.append(one._replace(times=self._times_of(one), points=one.points * self._times_of(one)))
        after = self._numbers = _added_up(self._given)
        for one in risen:
            if one.rule in ALERTING:
                change = before.of(one.rule, one.category), after.of(one.rule, one.category)
                self._alert("rule", one.rule, change, time_ms, trigger, score=SCORE_OF.get(one.rule, "interest"))
        for kind, name, change, more in self._crossed(before, after):
            self._alert(kind, name, change, time_ms, trigger, **more)

    def _holds(self, one: Gives) -> bool:
        """Remembers whether the rule holds; true when it rose."""
        if not one.times:
            self._held.discard(one.rule)
            return False
        rose = one.rule not in self._held
        self._held.add(one.rule)
        self._rises[one.rule] += rose
        return rose

    def _times_of(self, one: Gives) -> int:
        if one.rule in EACH:
            return self._rises[one.rule]
        return min(1, self._rises[one.rule]) if one.rule in ONCE else one.times

    def _crossed(self, before: Numbers, after: Numbers) -> Iterator[tuple[str, str, tuple[int, int], dict[str, Any]]]:
        total, interest, fit = ((getattr(before, name), getattr(after, name)) for name in ("total", "interest", "fit"))
        if self._rises_over("hot", total, 30, rearm_below=20) and self._now_ms - self._hot_ms >= COOLDOWN_MS:
            self._hot_ms = self._now_ms
            self._disarmed.add("hot")
            yield "threshold", "hot", total, {"at": 30, "action": "call-task"}
        if self._rises_over("warm", interest, 10, rearm_below=8):
            self._disarmed.add("warm")
            yield "threshold", "warm", interest, {"score": "interest", "at": 10}
        if total[1] < 10 <= total[0]:
            yield "threshold", "cooled", total, {"direction": "down", "at": 10, "action": "back-to-newsletter"}
        if self._rises_over("to-hr", fit, 10, rearm_below=10) and fit[1] < 100:
            self._disarmed.add("to-hr")
            yield "threshold", "to-hr", fit, {"score": "fit", "at": 10, "action": "route-hr"}
        leader = after.leader
        if leader is not None and leader != before.leader:
            change = before.product.get(leader, 0), after.product[leader]
            yield "threshold", "leader", change, {"score": f"product[{leader}]", "at": LEAD_BY, "value": leader, "action": "send-offer"}
        stage = _stage(total[1])
        if stage != _stage(total[0]):
            direction = "up" if total[1] > total[0] else "down"
            yield "stage", "stage", total, {"direction": direction, "at": dict(STAGES)[stage], "value": stage}

    def _rises_over(self, name: str, change: tuple[int, int], at: int, rearm_below: int) -> bool:
        """Whether an armed threshold is crossed; below `rearm_below` it is armed again."""
        is_crossed = change[0] < at <= change[1] and name not in self._disarmed
        if change[1] < rearm_below:
            self._disarmed.discard(name)
        return is_crossed

    def _alert(self, kind: str, name: str, change: tuple[int, int], time_ms: int, trigger: Trigger | None, **more: Any) -> None:
        told = {"direction": "up", "score": "total", "value": None, "at": None, "action": None} | more
        self.alerts.append(
            ToldAlert(
                lead=self.lead,
                kind=kind,
                id=name,
                before=change[0],
                after=change[1],
                occurred_at_ms=time_ms,
                trigger=trigger,
                total=self._numbers.total,
                stage=_stage(self._numbers.total),
                reasons=self._reasons(),
                **told,
            )
        )

    def _reasons(self) -> frozenset[tuple[str, str, Any, float, int]]:
        given = [one for one in self._given if one.times]
        return frozenset((one.rule, SCORE_OF.get(one.rule, "interest"), one.category, one.points, one.times) for one in given)


def _added_up(given: Iterable[Gives]) -> Numbers:
    sums: Counter[str] = Counter()
    product: Counter[str] = Counter()
    for one in given:
        if one.category is None:
            sums[SCORE_OF.get(one.rule, "interest")] += one.points
        else:
            product[one.category] += one.points
    clamped = {score: min(max(sums[score], low), high) for score, (low, high) in CLAMPS.items()}
    return Numbers(**clamped, product={category: min(points, PRODUCT_MAX) for category, points in product.items()})


def _stage(total: int) -> str:
    return [name for name, lowest in STAGES if lowest <= total][-1]
