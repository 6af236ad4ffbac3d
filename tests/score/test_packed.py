"""The short way beside the engine alone: the same rows to the byte, the same alerts, counts and bounds that bit."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.packed import is_compiled
from streamer.score.partition import Partition, Record
from tests.score.models import count_rules, model, models, plain_rules
from tests.score.steps import START_MS, Advance, Erasure, Event, Flush, Profile, Restart, Step, as_record
from tests.score.streams import steps
from topics.registry import BY_NAME, PAGE_VIEWS

pytestmark = pytest.mark.skipif(not is_compiled, reason="the short way was not compiled: no C compiler was found at the installation")

DAILY: dict[str, Any] = {
    "version": "v1",
    "scores": {"a": {}, "b": {"min": -2, "max": 40}},
    "rules": [
        {"id": "plain", "when": "page_view", "points": 1},
        {"id": "half", "when": "page_view", "where": {"path": "/a*"}, "points": 0.5, "score": "b"},
        {"id": "capped", "when": "page_view", "points": 3, "skip": 2, "limit": {"points": 20, "per": "ever"}},
        {"id": "often", "when": "page_view", "count": {"at_least": 4}, "points": 2, "award": "once"},
        {"id": "window", "when": "page_view", "count": {"at_least": 3, "at_most": 5, "within": "1h"}, "points": 2.5, "award": "each"},
        {"id": "while", "when": "page_view", "count": {"at_least": 3, "within": "2h"}, "points": 4, "score": "b"},
        {"id": "visit", "when": "page_view", "once_per": "visit_id", "points": 1},
        {"id": "values", "when": "page_view", "count": {"at_least": 3, "distinct": "path", "within": "3h"}, "points": 5},
        {"id": "e", "when": "page_view", "where": {"seconds": {"at_least": 5}}, "count": {"at_least": 3, "distinct": "path"}, "points": 1},
    ],
    "thresholds": [{"id": "hot", "score": "total", "at": 30, "rearm_below": 25}, {"id": "b", "score": "b", "at": 11}],
    "stages": {"some": 5, "more": 50},
}

ONE_NUMBER: dict[str, Any] = {
    "version": "v1",
    "scores": {"a": {"max": 60}},
    "rules": [
        {"id": "plain", "when": "page_view", "points": 1},
        {"id": "path", "when": "page_view", "where": {"path": "/c"}, "points": -2},
        {"id": "while", "when": "page_view", "count": {"at_least": 3, "within": "1h"}, "points": 5},
    ],
    "thresholds": [
        {"id": "hot", "score": "total", "at": 10, "rearm_below": 6},
        {"id": "b", "score": "a", "at": 8},
        {"id": "cooled", "score": "total", "falls_below": 7},
    ],
    "stages": {"some": 3, "more": 12},
}
PAGE = {"when": "page_view"}
RICH: dict[str, Any] = {
    "version": "v1",
    "scores": {"a": {}, "c": {"by": "category", "max": 60}},
    "total": "min(a, 90) / 2 - max(0, a - 100) * 0.5 + 1",
    "rules": [
        {"id": "seen", **PAGE, "points": 2, "score": "c"},
        {"id": "half", **PAGE, "where": {"path": "/a"}, "points": 0.5, "score": "c"},
        {"id": "many", **PAGE, "count": {"at_least": 2, "distinct": "path", "same": "category", "within": "3h"}, "points": 5, "score": "c"},
        {"id": "same", **PAGE, "count": {"at_least": 3, "same": "path"}, "points": 1, "award": "once", "alert": True},
        {"id": "decays", **PAGE, "points": 3, "half_life": "5h"},
        {"id": "expires", **PAGE, "points": 1, "expires_after": "2h"},
        {"id": "ledger", **PAGE, "once_per": "visit_id", "points": 0.5, "limit": {"points": 3, "per": "day"}, "expires_after": "1d"},
        {"id": "daily", **PAGE, "once_per": "visit_id", "skip": 1, "points": 2, "limit": {"points": 7, "per": "day"}},
        {"id": "times", **PAGE, "where": {"path": "/b*"}, "points": 2, "limit": {"times": 2, "per": "week"}},
        {"id": "all", "all": [{**PAGE, "where": {"path": "/a"}}, {**PAGE, "where": {"path": "/c"}}], "within": "1h", "points": 2},
        {"id": "order", "sequence": [{**PAGE, "where": {"path": "/a"}}, {**PAGE, "where": {"path": "/d"}}], "within": "1h", "points": 4},
        {
            "id": "left",
            "after": {**PAGE, "where": {"path": "/c"}},
            "without": {**PAGE, "where": {"path": "/d"}},
            "within": "1h",
            "points": 1,
        },
    ],
    "thresholds": [
        {"id": "hot", "score": "total", "at": 30, "rearm_below": 25},
        {"id": "mens", "score": "c[mens]", "at": 20},
        {"id": "ahead", "leads": "c", "by": 9},
    ],
    "stages": {"some": 5, "more": 50},
}


class Twins:
    """A partition with the short way and one without; every row is packed again after each record."""

    def __init__(self, model: dict[str, Any]) -> None:
        checked = read_model(json.dumps(model)).model
        self.both = [Partition(Engine(checked, packed=packed), 0, live_rows_max=1) for packed in (True, False)]
        self.alerts: list[list[tuple[bytes, bytes]]] = [[], []]
        self.taken = 0
        self._offsets: Counter[str] = Counter()
        engine = self.both[0]._engine
        assert engine.short_way is None or self.both[1]._engine.short_way is None
        if engine.short_way is not None:
            take = engine.short_way

            def counted(*given: Any) -> Any:
                found = take(*given)
                self.taken += found is not None
                return found

            engine.short_way = counted

    def take(self, step: Step) -> None:
        """One step on both sides."""
        match step:
            case Event() | Profile() | Erasure():
                topic, value, timestamp_ms = as_record(step)
                content = None if value is None else json.dumps(value).encode()
                self.record(topic, Record(step.lead.encode(), content, self._offsets[topic], timestamp_ms))
                self._offsets[topic] += 1
            case Advance(time_ms):
                for one in self.both:
                    one.advance(time_ms, None)
            case Flush() | Restart():
                self.compare()

    def record(self, topic: str, record: Record) -> None:
        """One record on both sides."""
        for one in self.both:
            one.take(BY_NAME[topic], [record], None)

    def compare(self) -> None:
        """All that there is to be seen of both is the same."""
        short, alone = self.both
        assert short.drain_alerts() == alone.drain_alerts()
        assert short.drain_rejects() == alone.drain_rejects() == []
        assert short.now_ms == alone.now_ms
        assert dict(short.flush()) == dict(alone.flush())
        assert short.rows == alone.rows
        assert short.counts == alone.counts
        assert +Counter(short.bounds_bitten) == +Counter(alone.bounds_bitten)
        assert sorted(short._table.timers) == sorted(alone._table.timers)


@given(rule=st.one_of(plain_rules(), count_rules()), steps=steps(most=24))
def test_rows_of_one_rule_are_the_same(rule: dict[str, Any], steps: list[Step]) -> None:
    """Whatever the rule, and in whatever order its events come."""
    twins = Twins(model(rule))
    for step in steps:
        twins.take(step)
    twins.compare()


@given(model=models(), steps=steps(("page-views", "calls", "activities", "email-events"), most=32, with_profiles=True, with_erasures=True))
def test_rows_of_many_rules_are_the_same(model: dict[str, Any], steps: list[Step]) -> None:
    """Whatever the model, its thresholds, stages and formula."""
    twins = Twins(model)
    for step in steps:
        twins.take(step)
    twins.compare()


def page_view(chance: random.Random, number: int) -> tuple[str, Record]:
    """A page view, now and then late, a repeat, a machine's, or with an id of another form."""
    time_ms = START_MS + number * 60_000 - chance.choice([0, 0, 0, 0, 90_000, 3_600_000, 8 * 86_400_000])
    value: dict[str, Any] = {"url": "/", "path": chance.choice(["/a", "/a/b", "/c", "/d"]), "occurred_at": max(time_ms, 0)}
    forms: list[Any] = [f"{chance.getrandbits(128):032x}", f"{chance.getrandbits(128):032X}", None, "x" * 128, "é" * 90, f"n{number // 3}"]
    raw = f"{chance.getrandbits(128):032x}"
    forms.append("-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:])))
    value["event_id"] = chance.choice(forms)
    if chance.random() < 0.7:
        value["visit_id"] = f"v{chance.randrange(200)}"
    if chance.random() < 0.8:
        value["category"] = chance.choice(["mens", "womens", "kids", "7"])
    if chance.random() < 0.5:
        value["seconds"] = chance.randrange(10)
    if chance.random() < 0.05:
        value["human"] = False
    return "page-views", Record(f"lead-{chance.randrange(8)}".encode(), json.dumps(value).encode(), number, START_MS + number * 60_000)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("model", [DAILY, ONE_NUMBER, RICH], ids=["daily", "one number", "rich"])
def test_long_lives_are_the_same(model: dict[str, Any], seed: int) -> None:
    """Leads with hundreds of events: rings that are full, evidence that is dropped, bounds that bite; hundreds take the short way."""
    chance, twins = random.Random(seed), Twins(model)
    for number in range(2_000):
        twins.record(*page_view(chance, number))
        if number % 100 == 0:
            twins.compare()
    twins.compare()
    assert twins.taken > 300


@given(seed=st.integers(0, 2**32), cuts=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_broken_row_harms_nothing(seed: int, cuts: list[tuple[int, int]]) -> None:
    """Of bytes that are no row comes a row, or nothing; the memory that is read ends with them."""
    chance = random.Random(seed)
    twins = Twins({**DAILY, "thresholds": []})
    partition = twins.both[0]
    for number in range(12):
        twins.record(*page_view(chance, number))
    key, row = next(iter(partition.rows.items()))
    broken = bytearray(row)
    for place, byte in cuts:
        broken[place % len(broken)] = byte
    take, selection = partition._engine.short_way, partition._inputs[PAGE_VIEWS.code].watchers
    assert take is not None and selection is not None and key
    program = selection._untested.program
    assert program is not None
    for data in (bytes(broken), bytes(broken[: cuts[0][0] % len(broken)])):
        operations = b"".join(operation for operation, _ in program._parts)
        found = take(data, operations, [b"12345678", None], 1, 1000, b"abcdefgh", None, START_MS, START_MS)
        assert found is None or isinstance(found, bytes | tuple)
