"""Points of plain rules do not depend on the order in which events arrive."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from tests.score.models import expiring, model, plain_rules
from tests.score.steps import START_MS
from tests.score.streams import HOUR_MS, page_views, times
from topics.alerts import LeadScores, decode_scores
from topics.registry import PAGE_VIEWS

NOW_MS = START_MS + 15 * HOUR_MS
views = st.lists(st.tuples(times(), page_views()), max_size=12)


def scored(rule: dict[str, Any], arrived: list[tuple[int, dict[str, Any]]]) -> LeadScores | None:
    """The lead's scores after its page views arrived in this order."""
    partition = Partition(Engine(read_model(json.dumps(model({**rule, "alert": False}))).model), 0)
    for offset, (time_ms, view) in enumerate(arrived):
        value = json.dumps({**view, "event_id": json.dumps([time_ms, view]), "occurred_at": time_ms}).encode()
        partition.take(PAGE_VIEWS, [Record(b"lead-1", value, offset, NOW_MS)], None)
    partition.advance(NOW_MS, None)
    for _, data in partition.publish():
        assert data is not None
        return decode_scores(data)
    return None


@given(rule=plain_rules(expiring), arrived=views.flatmap(lambda seen: st.tuples(st.just(seen), st.permutations(seen))))
def test_any_order_earns_the_same(rule: dict[str, Any], arrived: tuple[list[Any], list[Any]]) -> None:
    """The earliest earn by event time, whatever came first; so the sums are the same in the end."""
    note(str(arrived))
    one, other = (scored(rule, order) for order in arrived)
    if one is None or other is None:
        assert one is other
        return
    assert (one.total, one.stage) == (other.total, other.stage)
    assert sum(reason.points for reason in one.reasons) == sum(reason.points for reason in other.reasons)
    assert sum(reason.times for reason in one.reasons) == sum(reason.times for reason in other.reasons)
