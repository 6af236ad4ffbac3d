"""Keeps the evidence of a row within its bound, and counts each bound that bites (contract, section 3, "Bounds")."""

from __future__ import annotations

from collections import Counter

from streamer.score.evidence import prune, serials_in, serials_of
from streamer.score.row import SERIALS, Row, RuleState
from streamer.score.rules import CompiledRule, ValuesRule


class Bounds:
    """The bounds that rules share, for one model."""

    def __init__(self, rules: dict[int, CompiledRule]) -> None:
        self._rules = rules
        self.bitten: Counter[str] = Counter()
        """How often each bound bit, by its name; what was beyond it is not exact any more."""
        for rule in rules.values():
            rule.count_bites_in(self.bitten)

    def prune_evidence(self, row: Row) -> None:
        """Drops the references that no rule holds any more, and then the oldest; and serials without a reference."""
        states = [state for key, rule in self._rules.items() if key in row.rules for state in _with_serials(rule, row.rules[key])]
        row.references, dropped = prune(row.references, [serial for state in states for serial in serials_in(state[SERIALS])])
        if dropped:
            self.bitten["evidence"] += 1
            kept = serials_of(row.references)
            for state in states:
                state[SERIALS] = b"".join(serial for serial in serials_in(state[SERIALS]) if serial in kept)


def _with_serials(rule: CompiledRule, state: RuleState) -> list[RuleState]:
    return list(rule.states(state).values()) if isinstance(rule, ValuesRule) else [state]
