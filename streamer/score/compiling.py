"""A checked model's rules, compiled: the rules by the key of their state, and which of them watch for which kind of event."""

from __future__ import annotations

from xxhash import xxh32_intdigest

from streamer.model.observation import observes
from streamer.model.spec import Condition, Form, Model, Number
from streamer.score.fields import Matcher, matcher_of
from streamer.score.rules import CompiledRule, compile_rule
from streamer.score.rules.plain import Plain

Watcher = tuple[CompiledRule, int, int, Number | None, Matcher | None, list[tuple[int, Matcher | None]]]
"""A rule that sees events of a kind: the rule, its key, the place of its points among the sums (see `Tally`), its points if they
are all there is to it, and the test of its one condition or, if it has several, of those of that kind."""


def compile_rules(model: Model) -> dict[int, CompiledRule]:
    """The rules in the model's order. A rule's key is made of what it observes, so that its state outlives changes of the rest."""
    scores = {score.name: score for score in model.scores}
    rules: dict[int, CompiledRule] = {}
    for spec in model.rules:
        rule = compile_rule(spec, scores[spec.score], 0, model.timezone)
        seed = 0
        while (key := xxh32_intdigest(f"{rule.shape or type(rule).__name__} {observes(spec)}".encode(), seed)) in rules:
            seed += 1
        rule.key = key
        rules[key] = rule
    return rules


def watchers_of(rules: dict[int, CompiledRule], places: dict[int, int]) -> dict[str, list[Watcher]]:
    """The rules that see events of each kind, in the model's order: for an event, no other rule is asked."""
    watchers: dict[str, list[Watcher]] = {}
    for key, rule in rules.items():
        if rule.spec.form is Form.PROFILE:
            continue
        for kind in dict.fromkeys(kind for condition in rule.spec.conditions for kind in condition.kinds):
            watchers.setdefault(kind, []).append(_watcher(rule, key, places[key], kind))
    return watchers


def _watcher(rule: CompiledRule, key: int, place: int, kind: str) -> Watcher:
    if len(rule.spec.conditions) == 1:
        return rule, key, place, rule.points if type(rule) is Plain and not rule.alert else None, matcher_of(rule.spec.conditions[0]), []
    seeing: list[tuple[int, Condition]] = [(number, one) for number, one in enumerate(rule.spec.conditions) if kind in one.kinds]
    return rule, key, place, None, None, [(number, matcher_of(condition)) for number, condition in seeing]
