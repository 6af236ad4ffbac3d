"""The plan of the faults: a seed and a size in, an order that can be done out."""

from __future__ import annotations

from random import Random

import pytest

from tests.prove.faults import Faults
from tests.prove.forms import CHANGES, KINDS, LONG, SHORT, WORKERS_MAX, WORKERS_MIN, Form


@pytest.mark.parametrize("form", [SHORT, LONG], ids=lambda form: form.name)
@pytest.mark.parametrize("seed", range(5))
def test_a_plan_can_be_done(form: Form, seed: int) -> None:
    """Every fault is in it, none needs more workers than run then, and the workers go from one to three and are two at the end."""
    plan = form.plan(Random(seed))
    assert {kind: plan.count(kind) for kind in form.faults} == form.faults
    assert plan == form.plan(Random(seed))
    workers = [1]
    for kind in plan:
        assert workers[-1] >= WORKERS_MIN.get(kind, 1)
        workers.append(workers[-1] + CHANGES.get(kind, 0))
    assert (min(workers), max(workers), workers[-1]) == (1, WORKERS_MAX, 2)


def test_every_kind_of_fault_can_be_done_and_is_tried() -> None:
    """A kind that is described is one that both forms do, and that there is code for."""
    for kind in KINDS:
        assert hasattr(Faults, "_" + kind.replace(" ", "_"))
        assert SHORT.faults[kind] > 0
        assert LONG.faults[kind] > 0
    assert sum(SHORT.faults.values()) >= 15
    assert sum(LONG.faults.values()) >= 100
