"""`docs/conditions.md` keeps its word: each YAML is taken out of the page, checked, and proved on a few events."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
import yaml

from streamer.model import read_model
from tests.models.life import ROOT, Life
from tests.models.proofs import PROOFS
from topics.times import format_rfc3339, parse_rfc3339

PAGE = (ROOT / "docs" / "conditions.md").read_text(encoding="utf-8")
THRESHOLD_KEYS = {"at", "falls_below", "leads"}


class Condition(NamedTuple):
    """A row of the page."""

    name: str
    snippets: list[str]


def conditions() -> list[Condition]:
    """The rows of all tables."""
    rows = [row.strip("| ").split(" | ") for row in PAGE.splitlines() if row.startswith("|") and "`" in row]
    return [Condition(name.strip("`"), re.findall("`([^`]+)`", code)) for _, code, name in rows]


def model_of(condition: Condition) -> str:
    """The model of the page with the row's YAML at the places that the page names."""
    (head,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    rules: list[str] = []
    thresholds: list[str] = []
    others: list[str] = []
    for snippet in condition.snippets:
        parsed: Any = yaml.safe_load(snippet)
        of_kind = others if isinstance(parsed, dict) else thresholds if parsed[0].keys() & THRESHOLD_KEYS else rules
        of_kind.append(snippet)
    parts = [head, *others, "rules:", *rules, *(["thresholds:", *thresholds] if thresholds else [])]
    return "\n".join(parts) + "\n"


def test_every_condition_has_its_proof() -> None:
    """The page names each condition once, and each has its events; the list of the articles is long."""
    names = [condition.name for condition in conditions()]
    assert sorted(names) == sorted(PROOFS)
    assert len(names) >= 50


@pytest.mark.parametrize("condition", conditions(), ids=lambda condition: condition.name)
def test_condition(condition: Condition) -> None:
    """The YAML is accepted without a warning, and gives what the article asks, no sooner and no later."""
    text = model_of(condition)
    warnings = [str(warning) for warning in read_model(text).warnings if not warning.key.startswith("scores.")]
    assert warnings == []
    life = Life.under_text(text)
    now_ms = parse_rfc3339("2026-11-02T10:00:00Z")
    assert now_ms is not None
    for number, (happening, gives, alerts) in enumerate(PROOFS[condition.name]):
        now_ms += happening.wait_ms
        when = format_rfc3339(now_ms).removesuffix("Z").replace("T", " ")
        told = life(when, happening.topic, **happening.fields) if happening.topic else life.until(when)
        assert told == list(alerts), f"alerts of step {number}"
        assert (life.points if isinstance(gives, dict) else life.total) == gives, f"step {number}"
