"""What a checked scoring model is: plain immutable values, no behaviour. The reader makes them, the engine compiles them.

Durations are milliseconds; points and limits are the numbers of the YAML file, integers kept as integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Number = int | float


# Tests of one field (`where`, `profile`)


@dataclass(frozen=True, slots=True)
class Glob:
    """A string that matches the pattern; only `*` and `?` are special."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Equals:
    """A number or a boolean that equals; true is not 1."""

    value: Number | bool


@dataclass(frozen=True, slots=True)
class Compare:
    """A JSON number within all the bounds that are given."""

    at_least: Number | None = None
    at_most: Number | None = None
    more_than: Number | None = None
    less_than: Number | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The field is absent or null."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the tests holds."""

    tests: tuple[Test, ...]


Test = Glob | Equals | Compare | Absent | AnyOf


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A field, nested by dot (`properties.plan`), and what its value must be."""

    field: str
    test: Test


@dataclass(frozen=True, slots=True)
class Condition:
    """A `when` with its `where`: the kinds of events it sees, and what their fields must be."""

    kinds: tuple[str, ...]
    where: tuple[FieldTest, ...] = ()


# Rules


class Form(StrEnum):
    """What a rule is built from: the one key of `when`, `all`, `sequence`, `after`, `profile` (or `when` with `count`)."""

    PLAIN = "plain"
    COUNT = "count"
    ALL = "all"
    SEQUENCE = "sequence"
    AFTER = "after"
    PROFILE = "profile"


class Award(StrEnum):
    """When a rule that is true or false gives its points."""

    WHILE = "while"
    ONCE = "once"
    EACH = "each"


class Per(StrEnum):
    """The calendar period of a limit, in the model's time zone."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    EVER = "ever"


@dataclass(frozen=True, slots=True)
class Count:
    """True while low <= number of events <= high; `more_than: 6` is low 7, `less_than: 3` is high 2."""

    low: int = 0
    high: int | None = None
    within_ms: int | None = None
    distinct: str | None = None
    same: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """The earliest events by event time earn up to this much in each period."""

    points: Number | None = None
    times: int | None = None
    per: Per = Per.EVER


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `conditions`: one for plain and count, all of them for all and sequence, (after, without) for after."""

    id: str
    form: Form
    score: str
    points: Number = 0
    conditions: tuple[Condition, ...] = ()
    profile: tuple[FieldTest, ...] = ()
    count: Count | None = None
    within_ms: int | None = None
    once_per: str | None = None
    skip: int = 0
    limit: Limit | None = None
    expires_after_ms: int | None = None
    half_life_ms: int | None = None
    award: Award = Award.WHILE
    alert: bool = False


# Scores, formula, thresholds, stages


@dataclass(frozen=True, slots=True)
class Score:
    """A score; with `by` one number for each value of that event field. The sum is clamped to min and max."""

    name: str
    by: str | None = None
    min: Number | None = None
    max: Number | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    value: Number


@dataclass(frozen=True, slots=True)
class ScoreRef:
    """A clamped score: `total` (thresholds only), `interest`, or `product[mens]` with its category."""

    name: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileRef:
    field: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`operator` is + - * / with two operands, `negate` with one, `min` or `max` with one or more."""

    operator: str
    operands: tuple[Expression, ...]


Expression = Constant | ScoreRef | ProfileRef | Operation


@dataclass(frozen=True, slots=True)
class Threshold:
    """Exactly one of `at` (with `rearm_below`, `below`), `falls_below`, or `leads` with `by`."""

    id: str
    score: ScoreRef = ScoreRef("total")
    at: Number | None = None
    rearm_below: Number | None = None
    below: Number | None = None
    falls_below: Number | None = None
    leads: str | None = None
    by: Number | None = None
    cooldown_ms: int = 0
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A funnel stage, from the total `at` on."""

    name: str
    at: Number


@dataclass(frozen=True, slots=True)
class Model:
    """A checked model: every name it uses exists, every bound of the limits table holds. Stages are in rising order."""

    version: str
    timezone: str
    scores: tuple[Score, ...]
    rules: tuple[Rule, ...]
    total: Expression | None = None
    thresholds: tuple[Threshold, ...] = ()
    stages: tuple[Stage, ...] = ()
