"""Scenarios come in and are played; the laws they break leave, and the shortest list of actions that still breaks the same law."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from tests.simulation.actions import Scenario
from tests.simulation.drawing import draw
from tests.simulation.judging import Verdict, judged
from tests.simulation.world import World

HASH_SEED = "0"
"""What PYTHONHASHSEED must be for a seed to be played in the same way in every process."""
SEEDS_AT_ONCE = 20


def play(scenario: Scenario) -> list[Verdict]:
    """All that is wrong when this is played."""
    return judged(World(scenario))


def broken(seeds: Sequence[int]) -> Iterator[int]:
    """The seeds that break a law; they are played on all cores, in processes with PYTHONHASHSEED as it is in this one's environment."""
    parts = [seeds[start : start + SEEDS_AT_ONCE] for start in range(0, len(seeds), SEEDS_AT_ONCE)]
    jobs = min(len(parts), os.cpu_count() or 1)
    if jobs == 1:
        yield from (seed for part in parts for seed in _broken(part))
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            for found in pool.map(_broken, parts):
                yield from found
        finally:
            pool.shutdown(cancel_futures=True)


def _broken(seeds: Sequence[int]) -> list[int]:
    return [seed for seed in seeds if play(draw(seed))]


def report(seed: int) -> str:
    """A seed that breaks laws: which, and how to see it with few actions."""
    verdicts = play(draw(seed))
    if not verdicts:
        return f"seed {seed} breaks no law"
    law = verdicts[0].law
    small = shrunk(draw(seed), law)
    detail = next(verdict.detail for verdict in play(small) if verdict.law == law)
    return f"seed {seed} breaks {', '.join(sorted({verdict.law for verdict in verdicts}))}; {law} with\n{shown(small)}\n{law}: {detail}"


def shrunk(scenario: Scenario, law: str) -> Scenario:
    """Leaves out actions, many at a time and then one by one, as long as the law is still broken."""
    size = len(scenario.actions) // 2
    while size:
        before, start = len(scenario.actions), 0
        while start < len(scenario.actions):
            shorter = replace(scenario, actions=scenario.actions[:start] + scenario.actions[start + size :])
            if any(verdict.law == law for verdict in play(shorter)):
                scenario = shorter
            else:
                start += size
        if size > 1 or len(scenario.actions) == before:
            size //= 2
    return scenario


def shown(scenario: Scenario) -> str:
    """A scenario as code."""
    settings = ", ".join(f"{name}={value!r}" for name, value in vars(scenario).items() if name != "actions")
    return "\n".join([f"Scenario({settings}, actions=(", *(f"    {action!r}," for action in scenario.actions), "))"])
