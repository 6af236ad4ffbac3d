"""A thousand simulated lives of a group of workers: whatever happens to them, no law is broken. `make simulation` plays more."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.simulation.actions import Action
from tests.simulation.drawing import draw
from tests.simulation.judging import judged
from tests.simulation.playing import HASH_SEED, broken, report
from tests.simulation.world import World

SEEDS = range(1, 1001)


def test_no_seed_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crashes, zombies, rebalances, lost acks and moved clocks lose nothing, repeat nothing, and end."""
    monkeypatch.setenv("PYTHONHASHSEED", HASH_SEED)
    assert [report(seed) for seed in broken(SEEDS)] == []


def test_a_seed_is_played_in_the_same_way_each_time() -> None:
    """There is no chance in a play: the same list of actions leaves the same records on every topic."""
    for seed in range(1, 11):
        worlds = World(draw(seed)), World(draw(seed))
        assert [judged(world) for world in worlds] == [[], []]
        assert worlds[0].broker.outputs == worlds[1].broker.outputs
        assert worlds[0].group.committed == worlds[1].group.committed


def test_everything_that_can_happen_happens() -> None:
    """Every kind of action is drawn, and so is every point of a commit at which a worker is killed or stands still."""
    scenarios = [draw(seed) for seed in range(1, 201)]
    actions = [action for scenario in scenarios for action in scenario.actions]
    assert {type(action) for action in actions} == set(get_args(Action))
    assert len({(type(action), at) for action in actions if (at := getattr(action, "at", None))}) == 2 * (2 * 6 + 1)
    assert len({(scenario.ordered, scenario.exactly_once) for scenario in scenarios}) == 4
