"""A scoring model comes in; its rules and thresholds leave in words, near to those of the model file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from streamer.model.spec import (
    Absent,
    AnyOf,
    Award,
    Compare,
    Condition,
    Constant,
    Count,
    Equals,
    Expression,
    FieldTest,
    Form,
    Glob,
    Model,
    Operation,
    Per,
    ProfileRef,
    Rule,
    ScoreRef,
    Test,
    Threshold,
)
from streamer.serve.answers import ModelShape, RuleShape, StageShape, ThresholdShape

UNITS: Final = (("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
BINDING: Final = {"+": 1, "-": 1, "*": 2, "/": 2}
TIGHTEST: Final = 3
COMPARISONS: Final = (("at_least", "≥"), ("at_most", "≤"), ("more_than", ">"), ("less_than", "<"))


def model_in_words(model: Model, holding: Mapping[str, int]) -> ModelShape:
    """The model; `holding` says how many leads each rule gives points to."""
    return ModelShape(
        model.version,
        " + ".join(score.name for score in model.scores if score.by is None) if model.total is None else formula_text(model.total),
        [StageShape(stage.name, stage.at) for stage in model.stages],
        [ThresholdShape(threshold.id, threshold_text(threshold), threshold.action) for threshold in model.thresholds],
        [_shape(rule, holding.get(rule.id, 0)) for rule in model.rules],
    )


def _shape(rule: Rule, leads: int) -> RuleShape:
    within_ms = rule.count.within_ms if rule.count is not None else rule.within_ms
    lasting = (rule.award, within_ms, rule.expires_after_ms, rule.half_life_ms)
    return RuleShape(rule.id, rule.form, rule_text(rule), rule.points, rule.score, leads, *lasting)


def formula_text(formula: Expression, inside: int = 0) -> str:
    """A formula as the model file has it: `min(100, interest + fit / 5)`; `inside` is how tightly what is around it binds."""
    match formula:
        case Constant(value):
            return _number(value)
        case ScoreRef():
            return _score(formula)
        case ProfileRef(field):
            return f"profile.{field}"
        case Operation(operator, (one,)) if operator == "negate":
            return f"-{formula_text(one, TIGHTEST)}"
        case Operation(operator, operands) if operator in BINDING:
            tightness = BINDING[operator]
            left, right = formula_text(operands[0], tightness), formula_text(operands[1], tightness + 1)
            text = f"{left} {operator} {right}"
            return f"({text})" if tightness < inside else text
        case Operation(operator, operands):
            return f"{operator}({', '.join(map(formula_text, operands))})"


def rule_text(rule: Rule) -> str:
    """What a rule asks for: `page_view where path is /pricing*, at most 15 points a day`."""
    return ", ".join([_asked(rule), *_details(rule)])


def threshold_text(threshold: Threshold) -> str:
    """What a threshold watches: `total reaches 30, again after it was below 20, once in 1d`."""
    if threshold.leads is not None:
        text = f"one of {threshold.leads} is ahead of the next by {_number(threshold.by or 0)}"
    elif threshold.falls_below is not None:
        text = f"{_score(threshold.score)} falls below {_number(threshold.falls_below)}"
    else:
        text = f"{_score(threshold.score)} reaches {_number(threshold.at or 0)}"
        if threshold.below is not None:
            text += f" and is below {_number(threshold.below)}"
        if threshold.rearm_below not in (None, threshold.at):
            text += f", again after it was below {_number(threshold.rearm_below or 0)}"
    return text + (f", once in {duration(threshold.cooldown_ms)}" if threshold.cooldown_ms else "")


def duration(time_ms: int) -> str:
    """`2d`, `90s`: the largest unit that divides it."""
    return next((f"{time_ms // size}{unit}" for unit, size in UNITS if time_ms % size == 0), f"{time_ms} ms")


def _asked(rule: Rule) -> str:
    conditions = [_condition(condition) for condition in rule.conditions]
    match rule.form:
        case Form.PROFILE:
            return "profile: " + " and ".join(map(_test, rule.profile))
        case Form.ALL:
            return "all of: " + "; ".join(conditions)
        case Form.SEQUENCE:
            return " then ".join(conditions)
        case Form.AFTER:
            return f"{conditions[0]} and no {conditions[1]} after it"
        case _:
            return conditions[0]


def _details(rule: Rule) -> Iterator[str]:
    if rule.count is not None:
        yield _count(rule.count)
    if rule.within_ms is not None:
        yield f"within {duration(rule.within_ms)}"
    if rule.once_per is not None:
        yield f"once per {rule.once_per}"
    if rule.skip:
        yield f"all but the first {rule.skip if rule.skip > 1 else ''}".rstrip()
    if rule.limit is not None:
        per = "" if rule.limit.per is Per.EVER else f" a {rule.limit.per}"
        if rule.limit.points is not None:
            yield f"at most {_number(rule.limit.points)} points{per}"
        if rule.limit.times is not None:
            yield f"at most {rule.limit.times} times{per}"
    if rule.expires_after_ms is not None:
        yield f"for {duration(rule.expires_after_ms)}"
    if rule.half_life_ms is not None:
        yield f"worth half after {duration(rule.half_life_ms)}"
    if rule.award is not Award.WHILE:
        yield {Award.ONCE: "given once", Award.EACH: "given each time it comes true"}[rule.award]


def _condition(condition: Condition) -> str:
    kinds = " or ".join(condition.kinds)
    return f"{kinds} where {' and '.join(map(_test, condition.where))}" if condition.where else kinds


def _test(test: FieldTest) -> str:
    return f"{test.field} {_value(test.test)}"


def _value(test: Test) -> str:
    match test:
        case Glob(pattern):
            return f"is {pattern}"
        case Equals(value):
            return f"is {str(value).lower() if isinstance(value, bool) else _number(value)}"
        case Compare():
            return " and ".join(f"{sign} {_number(bound)}" for name, sign in COMPARISONS if (bound := getattr(test, name)) is not None)
        case Absent():
            return "is absent"
        case AnyOf(tests):
            return "is " + " or ".join(_value(one).removeprefix("is ") for one in tests)


def _count(count: Count) -> str:
    if count.high is None:
        text = f"at least {count.low} times"
    elif count.low == 0:
        text = f"at most {count.high} times"
    else:
        text = f"{count.low} to {count.high} times"
    if count.distinct is not None:
        text += f" with different {count.distinct}"
    if count.same is not None:
        text += f" with the same {count.same}"
    return text + (f" within {duration(count.within_ms)}" if count.within_ms is not None else "")


def _score(score: ScoreRef) -> str:
    return score.name if score.category is None else f"{score.name}[{score.category}]"


def _number(number: float) -> str:
    return f"{number:.15g}"
