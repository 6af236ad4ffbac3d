"""Whole models beside the oracle: several rules, thresholds, stages and a formula."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from tests.score.models import FORMULAS, decaying, models
from tests.score.side_by_side import agree
from tests.score.steps import Step
from tests.score.streams import steps

EVERYTHING = ("page-views", "page-views", "calls", "activities")


@given(model=models(), steps=steps(EVERYTHING, most=20, with_profiles=True))
def test_models(model: dict[str, Any], steps: list[Step]) -> None:
    """Thresholds, leaders and stages fire when the scores cross them, in the order of the contract, and at no other time."""
    agree(model, steps)


@given(model=models(), steps=steps(EVERYTHING, most=20, with_profiles=True, with_erasures=True))
def test_models_and_leads_that_are_forgotten(model: dict[str, Any], steps: list[Step]) -> None:
    """An erased lead is gone without an alert, what is dated up to then is dropped when it comes, and later events begin anew."""
    agree(model, steps)


@given(model=models(decaying, FORMULAS), steps=steps(EVERYTHING, most=8, with_profiles=True))
def test_models_that_decay(model: dict[str, Any], steps: list[Step]) -> None:
    """What decay alone makes cross is found too, to 2 s."""
    agree(model, steps)
