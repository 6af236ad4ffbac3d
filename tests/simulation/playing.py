"""Scenarios come in and are played; the laws they break leave, and the shortest list of actions that still breaks the same law."""

from __future__ import annotations

from dataclasses import replace

from tests.simulation.actions import Scenario
from tests.simulation.judging import Verdict, judged
from tests.simulation.world import World


def play(scenario: Scenario) -> list[Verdict]:
    """All that is wrong when this is played."""
    return judged(World(scenario))


def shrunk(scenario: Scenario, law: str) -> Scenario:
    """Leaves out actions, many at a time and then one by one, as long as the law is still broken."""
    size = len(scenario.actions) // 2
    while size:
        start = 0
        while start < len(scenario.actions):
            shorter = replace(scenario, actions=scenario.actions[:start] + scenario.actions[start + size :])
            if any(verdict.law == law for verdict in play(shorter)):
                scenario = shorter
            else:
                start += size
        size //= 2
    return scenario


def shown(scenario: Scenario) -> str:
    """A scenario as code."""
    settings = ", ".join(f"{name}={value!r}" for name, value in vars(scenario).items() if name != "actions")
    return "\n".join([f"Scenario({settings}, actions=(", *(f"    {action!r}," for action in scenario.actions), "))"])
