"""The rules of the language, one idea a file, and the table that picks the one for a rule of the model."""

from __future__ import annotations

from streamer.model.spec import Form, Per, Rule, Score
from streamer.score.fields import Fields
from streamer.score.rules.after import AfterWithout
from streamer.score.rules.all_of import AllOf
from streamer.score.rules.base import CompiledRule, Rises, ValuesRule
from streamer.score.rules.by_category import ByCategory
from streamer.score.rules.count import CountEver, CountRule, CountWithin
from streamer.score.rules.distinct import CountDistinct
from streamer.score.rules.earnings import earnings_of
from streamer.score.rules.fading import Fading
from streamer.score.rules.ledger import Ledger, LedgerByCategory
from streamer.score.rules.once import OncePer, OncePerPeriods
from streamer.score.rules.periods import Periods
from streamer.score.rules.plain import Capped, Plain
from streamer.score.rules.profile import ProfileRule
from streamer.score.rules.same import CountSame
from streamer.score.rules.sequence import Sequence

__all__ = ["CompiledRule", "Rises", "ValuesRule", "compile_rule"]


def compile_rule(spec: Rule, score: Score, key: int, timezone: str, fields: Fields) -> CompiledRule:
    """The rule, ready to run. `key` is what its state is kept under, `score` the score that it feeds; rules share `fields`."""
    match spec.form:
        case Form.PLAIN:
            return _plain(spec, score, key, timezone, fields)
        case Form.COUNT:
            return _count(spec, score, key, fields)
        case Form.ALL:
            return AllOf(spec, key)
        case Form.SEQUENCE:
            return Sequence(spec, key)
        case Form.AFTER:
            return AfterWithout(spec, key)
        case Form.PROFILE:
            return ProfileRule(spec, key)


def _plain(spec: Rule, score: Score, key: int, timezone: str, fields: Fields) -> CompiledRule:
    fades = earnings_of(spec)
    chooses = bool(spec.once_per or spec.skip or spec.limit)
    once_per = None if spec.once_per is None else fields[spec.once_per]
    if score.by is not None:
        if chooses:
            return LedgerByCategory(spec, key, timezone, once_per, fields[score.by])
        return ByCategory(fields[score.by], Plain(spec, key) if fades is None else Fading(spec, key, fades))
    if fades is not None:
        return Ledger(spec, key, timezone, once_per) if chooses else Fading(spec, key, fades)
    by_period = spec.limit is not None and spec.limit.per is not Per.EVER
    if once_per is not None:
        return OncePerPeriods(spec, key, timezone, once_per) if by_period else OncePer(spec, key, once_per)
    if by_period:
        return Periods(spec, key, timezone)
    return Capped(spec, key) if chooses else Plain(spec, key)


def _count(spec: Rule, score: Score, key: int, fields: Fields) -> CompiledRule:
    assert spec.count is not None
    count: CountRule
    if spec.count.distinct is not None:
        count = CountDistinct(spec, key, fields[spec.count.distinct])
    elif spec.count.within_ms is not None:
        count = CountWithin(spec, key)
    else:
        count = CountEver(spec, key)
    return count if spec.count.same is None else CountSame(fields[spec.count.same], count, by_category=score.by is not None)
