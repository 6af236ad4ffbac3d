"""What a rule observes: the same text as long as what was seen of a lead may be kept."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from streamer.model.observation import observes
from tests.model.snippets import rule

PLAIN = "when: [call, message], where: {a: [x, 1, null], b: {at_least: 5}}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{PLAIN}, points: 1", f"{PLAIN}, points: 2, score: b, alert: true"),
        (f"{PLAIN}, points: 1", f"{PLAIN}, points: 1, skip: 3"),
        (f"{PLAIN}, points: 1", "when: [message, call], where: {b: {at_least: 5.0}, a: [null, 1.0, x]}, points: 1"),
        ("when: call, points: 1, limit: {points: 5, per: day}", "when: call, points: 1, limit: {times: 9, per: day}"),
        ("when: call, points: 1, expires_after: 1d", "when: call, points: 1, expires_after: 2d"),
        ("when: call, points: 1, count: {at_least: 5}", "when: call, points: 1, count: {more_than: 4}, award: once"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    """What a rule gives, and the order in which its tests are written, are no part of what it observes."""
    assert observes(rule(one)) == observes(rule(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("when: call", "when: message"),
        ("when: call", "when: [call, message]"),
        ("when: call", "when: call, where: {a: x}"),
        ("when: call, where: {a: x}", "when: call, where: {a: y}"),
        ("when: call, where: {a: x}", "when: call, where: {b: x}"),
        ("when: call, where: {a: 1}", "when: call, where: {a: true}"),
        ("when: call, where: {a: 1}", 'when: call, where: {a: "1"}'),
        ("when: call, where: {a: {at_least: 1}}", "when: call, where: {a: {more_than: 1}}"),
        ("when: call, where: {a: null}", "when: call, where: {a: [null]}"),
        ("when: call", "when: call, once_per: a"),
        ("when: call, once_per: a", "when: call, once_per: b"),
        ("when: call", "when: call, limit: {times: 1}"),
        ("when: call, limit: {times: 1}", "when: call, limit: {times: 1, per: day}"),
        ("when: call", "when: call, expires_after: 1d"),
        ("when: call", "when: call, half_life: 1d"),
        ("when: call, half_life: 1d", "when: call, half_life: 2d"),
        ("when: call", "when: call, count: {at_least: 1}"),
        ("when: call, count: {at_least: 1}", "when: call, count: {at_least: 2}"),
        ("when: call, count: {at_least: 1}", "when: call, count: {at_least: 1, at_most: 2}"),
        ("when: call, count: {at_least: 1}", "when: call, count: {at_least: 1, within: 1d}"),
        ("when: call, count: {at_least: 1}", "when: call, count: {at_least: 1, distinct: a}"),
        ("when: call, count: {at_least: 1, distinct: a}", "when: call, count: {at_least: 1, same: a}"),
        ("all: [{when: call}, {when: message}]", "all: [{when: message}, {when: call}]"),
        ("all: [{when: call}, {when: message}]", "sequence: [{when: call}, {when: message}]"),
        ("all: [{when: call}]", "all: [{when: call}], within: 1d"),
        ("after: {when: call}, without: {when: message}, within: 1d", "after: {when: message}, without: {when: call}, within: 1d"),
        ("after: {when: call}, without: {when: message}, within: 1d", "after: {when: call}, without: {when: message}, within: 2d"),
        ("profile: {a: x}", "profile: {a: y}"),
    ],
)
def test_something_else(one: str, other: str) -> None:
    """Kinds, tests, counts, windows, once_per, per, decay and the order of steps are what a rule observes."""
    assert observes(rule(one)) != observes(rule(other))


def test_the_same_in_every_process() -> None:
    """The text is canonical JSON: no hash seed, no order of writing moves it."""
    text = observes(rule(f"{PLAIN}, points: 1"))
    assert json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == text
    imports = "from streamer.model.observation import observes\nfrom tests.model.snippets import rule"
    code = f"{imports}\nprint(observes(rule({PLAIN!r} + ', points: 1')))"
    for seed in ("1", "2"):
        printed = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )
        assert printed.stdout.strip() == text
