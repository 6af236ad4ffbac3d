"""The models that come with the project: all are accepted without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamer.model import load_model
from streamer.model.compare import compare
from streamer.model.spec import Form

ROOT = Path(__file__).parents[2]
EXAMPLES = [ROOT / "model.yaml", *sorted((ROOT / "models").glob("*.yaml"))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples(path: Path) -> None:
    """An example is valid, has no warnings, and is named by its version."""
    loaded = load_model(path)
    assert [str(warning) for warning in loaded.warnings] == []
    assert path.stem == "model" or loaded.model.version.startswith(path.stem)
    assert {change.effect for change in compare(loaded.model, loaded.model)} <= {"kept"}


def test_the_examples_show_the_whole_language() -> None:
    """Every form of rule, every way of a threshold and every word of a rule stands in an example."""
    assert len(EXAMPLES) == 8
    models = [load_model(path).model for path in EXAMPLES]
    rules = [rule for model in models for rule in model.rules]
    assert {rule.form for rule in rules} == set(Form)
    for word in ("once_per", "skip", "limit", "expires_after_ms", "half_life_ms", "alert", "within_ms", "count"):
        assert any(getattr(rule, word) for rule in rules), word
    thresholds = [threshold for model in models for threshold in model.thresholds]
    for way in ("at", "rearm_below", "below", "falls_below", "leads", "cooldown_ms", "action"):
        assert any(getattr(threshold, way) for threshold in thresholds), way
