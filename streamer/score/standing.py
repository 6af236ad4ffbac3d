"""How one lead stands: its row in; its scores out, and for each rule what it gives, since when, and when that changes next."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from streamer.score.engine import Engine
from streamer.score.fields import Value
from streamer.score.numbers import Tally
from streamer.score.row import NEVER, POINTS, TIMES, Row, RuleState
from streamer.score.rules import CompiledRule
from topics.alerts import LeadScores, ReasonFor, decode_scores, encode_scores
from topics.times import parse_rfc3339


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """What one rule gives, for one value if it judges values apart. Times are epoch milliseconds."""

    reason: ReasonFor
    since_ms: int | None
    """When the oldest record happened that is still named as evidence; None when none is."""
    has_earlier: bool
    """Whether points come from records before that one, which are named no more."""
    changes_ms: int | None
    """When time alone will change what the rule gives; None if it will not."""
    half_life_ms: int | None
    """The half-life of points that fade all the time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A lead at `now_ms`; the points of the rules add up to the unclamped sum of each score."""

    now_ms: int
    scores: LeadScores
    rules: tuple[RuleStanding, ...]


def scores_at(engine: Engine, lead_id: str, row: Row, now_ms: int) -> LeadScores:
    """The lead's scores at `now_ms`, up to which time has been acted on. What decays is brought to it, and what that crosses is lost."""
    for key, rule in engine.rules.items():
        if key in row.rules:
            rule.fade(row.rules[key], now_ms)
    Tally(engine.model, engine.rules).add_up(row)
    return engine.scores(lead_id, row, now_ms)


def standing_of(engine: Engine, lead_id: str, row: Row, now_ms: int) -> Standing:
    """How the lead stands at `now_ms`, up to which time has been acted on. The row itself is left as it is."""
    row = deepcopy(row)
    scores = decode_scores(encode_scores(scores_at(engine, lead_id, row, now_ms)))  # evidence is JSON until it is read
    states = [(rule, row.rules[key]) for key, rule in engine.rules.items() if key in row.rules]
    given = [(rule, state, value) for rule, state in states for value, _ in rule.reasons(state)]
    rules = (_rule_standing(*one, reason, now_ms) for one, reason in zip(given, scores.reasons, strict=True))
    return Standing(now_ms, scores, tuple(rules))


def _rule_standing(rule: CompiledRule, state: RuleState, value: Value | None, reason: ReasonFor, now_ms: int) -> RuleStanding:
    times_ms = [parse_rfc3339(str(reference.occurred_at)) for reference in reason.evidence]
    return RuleStanding(
        reason=reason,
        since_ms=min((time_ms for time_ms in times_ms if time_ms is not None), default=None),
        has_earlier=reason.times > len(times_ms) > 0,
        changes_ms=_next_change_ms(rule, state, value, now_ms),
        half_life_ms=rule.spec.half_life_ms if rule.decays else None,
    )


def _next_change_ms(rule: CompiledRule, state: RuleState, value: Value | None, now_ms: int) -> int | None:
    """Lets time pass, from one time at which something may change to the next, until what is given for the value does."""
    state = deepcopy(state)
    given = _given(rule, state, value)
    while (at_ms := rule.next_change_ms(state, now_ms)) < NEVER:
        rule.settle(state, at_ms, [])
        if _given(rule, state, value) != given:
            return at_ms
        now_ms = at_ms
    return None


def _given(rule: CompiledRule, state: RuleState, value: Value | None) -> list[object]:
    """Times and points; of points that fade all the time only the times, which change in steps."""
    return [(one[TIMES], None if rule.decays else one[POINTS]) for of, one in rule.reasons(state) if of == value]
