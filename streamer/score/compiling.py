"""A checked model's rules, compiled: the rules by the key of their state, and which of them watch for which kind of event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from xxhash import xxh32_intdigest

from streamer.model.matching import Predicate, compile_test
from streamer.model.observation import kept_by, observes
from streamer.model.spec import AnyOf, Condition, Form, Glob, Model, Number, Test
from streamer.score.fields import Fields, Matcher, getter_of, matcher_of
from streamer.score.numbers import NO_PLACE, Tally
from streamer.score.packed.programs import program_of
from streamer.score.rules import CompiledRule, compile_rule
from streamer.score.rules.base import Matched
from streamer.score.rules.plain import Plain
from topics.events import Event
from topics.limits import SELECTING_CHARS_MAX, SELECTIONS_MAX

Watcher = tuple[CompiledRule, int, int, Number | None, Matched, Callable[[Event], Matched] | None, bool]
"""A rule that sees an event: the rule, its key, the place of its points among the sums (see `Tally`), its points if they are all
there is to it, the numbers of its conditions that match, what tells them where that is still open, and whether time may change it."""
Seeing = list[tuple[int, Condition]]
"""The conditions of a rule that see events of some kind, with their numbers."""


def compile_rules(model: Model) -> dict[int, CompiledRule]:
    """The rules in the model's order. A rule's key is made of what it observes, so that its state outlives changes of the rest."""
    scores = {score.name: score for score in model.scores}
    fields = Fields()
    rules: dict[int, CompiledRule] = {}
    for spec in model.rules:
        rule = compile_rule(spec, scores[spec.score], 0, model.timezone, fields)
        kept = f"{rule.shape or type(rule).__name__} {observes(spec)} {kept_by(spec, scores[spec.score])}".rstrip()
        seed = 0
        while (key := xxh32_intdigest(kept.encode(), seed)) in rules:
            seed += 1
        rule.key = key
        rules[key] = rule
    return rules


def watchers_of(rules: dict[int, CompiledRule], tally: Tally) -> dict[str, Watchers]:
    """Who sees the events of each kind: for an event, no other rule is asked."""
    seeing: dict[str, list[tuple[CompiledRule, int, Seeing]]] = {}
    for key, rule in rules.items():
        if rule.spec.form is Form.PROFILE:
            continue
        for kind in dict.fromkeys(kind for condition in rule.spec.conditions for kind in condition.kinds):
            conditions = [(number, condition) for number, condition in enumerate(rule.spec.conditions) if kind in condition.kinds]
            seeing.setdefault(kind, []).append((rule, tally.places[key], conditions))
    return {kind: Watchers(of_kind, tally.by) for kind, of_kind in seeing.items()}


class Selection:
    """The rules that see an event, in the model's order, and the program of the short way if they all have an operation there."""

    __slots__ = ("program", "watchers")

    def __init__(self, watchers: Sequence[Watcher], by: Sequence[str]) -> None:
        self.watchers = watchers
        places = [(place, False) if place != NO_PLACE else (by.index(rule.spec.score), True) for rule, _, place, *_ in watchers]
        self.program = program_of([(one[0], place, one[4], one[5]) for one, place in zip(watchers, places, strict=True)])


class Watchers:
    """The rules that see events of one kind, in the model's order.

    Most rules test the same field (`path`, `name`), and its values come again and again: what a value selects is remembered.
    """

    def __init__(self, seeing: Sequence[tuple[CompiledRule, int, Seeing]] = (), by: Sequence[str] = ()) -> None:
        self._by = by
        tested = Counter(
            one.field for _, _, conditions in seeing for _, condition in conditions for one in condition.where if _is_of_strings(one.test)
        )
        self._field = tested.most_common(1)[0][0] if tested else None
        self._get = None if self._field is None else getter_of(self._field)
        self._choices = [_Choice(rule, place, conditions, self._field) for rule, place, conditions in seeing]
        self.selections: dict[str, Selection] = {}
        """What values of the field selected."""
        self._of: dict[tuple[Watcher, ...], Selection] = {}
        self._untested = Selection(
            [
                _watcher(rule, place, [(number, matcher_of(condition.where)) for number, condition in conditions])
                for rule, place, conditions in seeing
            ],
            by,
        )

    def select(self, event: Event) -> Selection:
        """Those whose conditions the event may match; where a watcher says so, the rest of its condition is still to be tested."""
        if self._get is None:
            return self._untested
        value = self._get(event)
        if type(value) is not str:
            return self._untested
        selected = self.selections.get(value)
        return self._select(value) if selected is None else selected

    def _select(self, value: str) -> Selection:
        watchers = tuple([watcher for choice in self._choices if (watcher := choice.watcher(value)) is not None])
        selected = self._of.get(watchers)
        if selected is None:
            if len(self._of) >= SELECTIONS_MAX:
                self._of.clear()
            selected = self._of[watchers] = Selection(watchers, self._by)
        if len(value) <= SELECTING_CHARS_MAX:
            if len(self.selections) >= SELECTIONS_MAX:
                self.selections.clear()
            self.selections[value] = selected
        return selected


class _Choice:
    """What a value of the field leaves of one rule: of each condition whether the value passes, and what else it tests."""

    def __init__(self, rule: CompiledRule, place: int, conditions: Seeing, field: str | None) -> None:
        self._rule = rule
        self._place = place
        self._conditions = [
            (
                number,
                _all_of([compile_test(one.test) for one in condition.where if one.field == field]),
                matcher_of([one for one in condition.where if one.field != field]),
            )
            for number, condition in conditions
        ]
        self._watchers: dict[Matched, Watcher] = {}

    def watcher(self, value: str) -> Watcher | None:
        """The rule with the conditions that the value passes; None when it passes none."""
        numbers = tuple([number for number, test, _ in self._conditions if test is None or test(value)])
        if not numbers:
            return None
        known = self._watchers.get(numbers)
        if known is None:
            passing = [(number, others) for number, _, others in self._conditions if number in numbers]
            known = self._watchers[numbers] = _watcher(self._rule, self._place, passing)
        return known


def _all_of(tests: Sequence[Predicate]) -> Predicate | None:
    if len(tests) <= 1:
        return tests[0] if tests else None
    return lambda value: all(test(value) for test in tests)


def _is_of_strings(test: Test) -> bool:
    return isinstance(test, Glob) or (isinstance(test, AnyOf) and any(isinstance(one, Glob) for one in test.tests))


def _watcher(rule: CompiledRule, place: int, conditions: Sequence[tuple[int, Matcher | None]]) -> Watcher:
    each = rule.points if type(rule) is Plain and not rule.alert else None
    return rule, rule.key, place, each, tuple(number for number, _ in conditions), _still_to_test(conditions), rule.timed


def _still_to_test(conditions: Sequence[tuple[int, Matcher | None]]) -> Callable[[Event], Matched] | None:
    tests = [test for _, test in conditions if test is not None]
    if not tests:
        return None
    if len(conditions) == 1:
        [(number, _)], [test] = conditions, tests
        return lambda event: (number,) if test(event) else ()
    return lambda event: tuple(number for number, test in conditions if test is None or test(event))
