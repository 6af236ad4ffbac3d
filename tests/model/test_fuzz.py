"""Any input at all: a model or faults, never anything else."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamer.model import LoadedModel, ModelError, load_model, read_model
from streamer.model.rules import ALL_KEYS
from streamer.model.thresholds import ALL_KEYS as THRESHOLD_KEYS
from topics import events

EXAMPLE = (Path(__file__).parents[2] / "model.yaml").read_text(encoding="utf-8")
WORDS = [*ALL_KEYS, *THRESHOLD_KEYS, *events.ALL_KINDS, "a", "c", "c[x]", "total", "category", "1d", "once"]
WORDS += ["at_least", "at_most", "distinct", "same"]
SCALARS: Any = st.sampled_from(WORDS) | st.integers(-3, 300) | st.floats() | st.booleans() | st.none() | st.text(max_size=5)
VALUES: Any = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


def read(text: str) -> LoadedModel | None:
    """The model, or None when it is refused with faults that each fit on a line."""
    try:
        return read_model(text)
    except ModelError as error:
        faults = error.faults
    assert faults
    assert all("\n" not in str(fault) and len(str(fault)) < 1000 for fault in faults)
    assert list(faults) == sorted(set(faults))
    return None


@given(st.text(max_size=200) | st.text(st.sampled_from("ab1:-[]{},&*!|>'\"%@`?#~ \n\t\\"), max_size=100))
def test_any_text(text: str) -> None:
    """Whatever the text, it is refused: no text of this kind has a version and scores."""
    assert read(text) is None


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Whatever the bytes of a file, it is refused with faults."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.yaml"
        path.write_bytes(content)
        with contextlib.suppress(ModelError):
            load_model(path)
            raise AssertionError("accepted")


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.integers(0, len(EXAMPLE)),
    st.integers(0, 8),
    st.text(max_size=4) | st.sampled_from(["*", "&a ", "[", "}", "\n", ": ", "- ", "9", "x", "~"]),
)
def test_a_wound_anywhere(start: int, removed: int, inserted: str) -> None:
    """The example with a few characters changed anywhere is a model or is refused."""
    read(EXAMPLE[:start] + inserted + EXAMPLE[start + removed :])


@settings(deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(ALL_KEYS), VALUES, min_size=1, max_size=6), max_size=3),
    st.lists(st.dictionaries(st.sampled_from(THRESHOLD_KEYS), VALUES, min_size=1, max_size=5), max_size=2),
    VALUES,
    VALUES,
)
def test_any_values_behind_the_right_keys(rules: Any, thresholds: Any, total: Any, stages: Any) -> None:
    """The right keys with any values behind them make a model or are refused."""
    model = {"version": "1", "scores": {"a": {}, "c": {"by": "category"}}, "rules": rules, "thresholds": thresholds}
    for key, value in (("total", total), ("stages", stages)):
        if value is not None:
            model[key] = value
    read(yaml.safe_dump(model, allow_unicode=True))
