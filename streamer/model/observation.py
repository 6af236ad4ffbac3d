"""A rule -> the canonical text of what it observes: while it stays the same, what the rule has seen of each lead is kept."""

from __future__ import annotations

import json
from typing import Any

from streamer.model.spec import Absent, AnyOf, Compare, Equals, FieldTest, Form, Glob, Rule, Score, Test


def observes(rule: Rule) -> str:
    """Id, form, what it sees and the shape of what it keeps; not what it gives: points, score, alert, award, skip, limit."""
    return _text(
        {
            "id": rule.id,
            "form": rule.form,
            # Their order counts, also in `all`: what was seen is kept step by step.
            "conditions": [[sorted(condition.kinds), _tests(condition.where)] for condition in rule.conditions],
            "profile": _tests(rule.profile),
            "count": rule.count and [rule.count.low, rule.count.high, rule.count.within_ms, rule.count.distinct, rule.count.same],
            "within_ms": rule.within_ms,
            "once_per": rule.once_per,
            "per": rule.limit and rule.limit.per,
            "half_life_ms": rule.half_life_ms,
            "expires": rule.expires_after_ms is not None,
        }
    )


def kept_by(rule: Rule, score: Score) -> str:
    """What else the points of a plain rule are kept by, if by anything: the category, and the time of each earning.

    What was not kept so cannot be told apart later, nor put together.
    """
    if rule.form is not Form.PLAIN:
        return ""
    fades = rule.expires_after_ms is not None or rule.half_life_ms is not None
    chooses = bool(rule.once_per or rule.skip or rule.limit)
    return f"{score.by or ''}{' time' if chooses and (fades or score.by) else ''}"


def _tests(tests: tuple[FieldTest, ...]) -> list[Any]:
    return sorted([field_test.field, _test(field_test.test)] for field_test in tests)


def _test(test: Test) -> Any:
    match test:
        case Glob(pattern):
            return {"glob": pattern}
        case Equals(value):
            return {"equals": value if isinstance(value, bool) else float(value)}
        case Compare():
            bounds = {"at_least": test.at_least, "at_most": test.at_most, "more_than": test.more_than, "less_than": test.less_than}
            return {key: float(bound) for key, bound in bounds.items() if bound is not None}
        case Absent():
            return None
        case AnyOf(tests):
            return sorted((_test(one) for one in tests), key=_text)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
