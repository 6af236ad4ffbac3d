"""A field test -> why no value can ever pass it, for tests that are legal and surely not meant."""

from __future__ import annotations

from collections.abc import Iterable

from streamer.model.matching import compile_test
from streamer.model.spec import Compare, FieldTest
from topics import events, registry

# Fields with a fixed set of values, by kind. An event whose `human` is false is never scored, whatever the rule says.
VALUES: dict[tuple[str, str], tuple[str, ...]] = {
    ("call", "direction"): ("inbound", "outbound"),
    ("call", "outcome"): ("answered", "missed", "busy", "voicemail"),
}
for _topic in (registry.EMAIL_EVENTS, registry.WEBINARS):
    for _action, _kind in events.KINDS[_topic].items():
        VALUES[_kind, "action"] = (str(_action),)


def impossible(field_test: FieldTest, kinds: Iterable[str]) -> str | None:
    """Why the test passes on no event of the kinds; None when it may."""
    test = field_test.test
    if isinstance(test, Compare) and empty(test):
        return "no number is within these bounds, so this never matches"
    passes = compile_test(test)
    if field_test.field == "human" and not passes(True):
        return "events of machines (human: false) are not scored, so this never matches"
    allowed = [VALUES.get((kind, field_test.field)) for kind in kinds]
    known = sorted({value for values in allowed if values is not None for value in values})
    if None in allowed or not known or any(passes(value) for value in known):
        return None
    return f"{field_test.field} is always one of {', '.join(known)} here, so this never matches"


def empty(test: Compare) -> bool:
    """Whether no number is within the bounds."""
    lows = [bound for bound in (test.at_least, test.more_than) if bound is not None]
    highs = [bound for bound in (test.at_most, test.less_than) if bound is not None]
    if not lows or not highs:
        return False
    low, high = max(lows), min(highs)
    return low > high or (low == high and (test.more_than == low or test.less_than == high))
