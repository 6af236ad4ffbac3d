"""Plays that are worth keeping: short lists of actions, each with what must really have happened in it."""

from __future__ import annotations

from tests.simulation.actions import Action, Compact, Crash, Event, Freeze, Lost, Scenario, Skew, Start, Stop, Wait
from tests.simulation.broker import State
from tests.simulation.judging import judged
from tests.simulation.world import World
from topics.alerts import decode_scores

VIEW = '{"url": "/a", "visit_id": "v1", "category": "mens"}'
OWNER = 1
"""The worker that owns the only partition at first."""


def view(number: int) -> Event:
    """A page view of the one lead."""
    return Event(number, "anna", "page-views", VIEW)


def played(*actions: Action, exactly_once: bool = False) -> World:
    """The world after a play in which no law is broken."""
    settings = {"latency_ms": 5, "batch_records": 1, "chunk_records": 1000, "fetch_records": 1000}
    scenario = Scenario(ordered=True, exactly_once=exactly_once, model="windows", partitions=1, workers=2, actions=actions, **settings)
    world = World(scenario)
    assert judged(world) == []
    return world


def test_a_clock_that_is_put_back_stops_nothing() -> None:
    """Commits go on, though the last one is of the future by the clock."""
    world = played(view(0), Wait(3_000), Skew(0, -3_600_000), Skew(1, -3_600_000), view(3), Wait(3_000))
    assert world.group.committed["page-views", 0] == 2


def test_a_clock_that_is_put_back_during_a_recovery_ends_nothing() -> None:
    """How long a recovery took is no matter of the wall clock."""
    world = played(view(0), Wait(3_000), Stop(OWNER), Skew(0, -3_600_000), view(4), Wait(3_000))
    assert world.group.committed["page-views", 0] == 2


def test_rows_of_a_zombie_that_come_last_do_not_count() -> None:
    """A worker that stood still past its session sends what it had buffered; recovery takes what its successor wrote before."""
    world = played(
        view(0), Freeze(OWNER, "rows before", 25_000), Wait(1_500), view(3), Wait(20_000), view(5), Wait(10_000), Crash(0, "now"), Wait(500)
    )
    rows = world.broker.outputs["rows", 0]
    stale = [place for place, one in enumerate(rows) if one.stale]
    assert stale
    assert any(not one.stale for one in rows[: stale[0]])


def test_a_zombie_is_shut_out() -> None:
    """With exactly once what a zombie sends is refused, and compaction can take nothing that counts."""
    world = played(
        view(0),
        Freeze(OWNER, "rows before", 25_000),
        Wait(1_500),
        view(3),
        Wait(20_000),
        view(5),
        Wait(10_000),
        Compact(0),
        Crash(0, "now"),
        Start(0),
        exactly_once=True,
    )
    assert world.broker.shut_out > 0


def test_a_transaction_whose_end_nobody_heard_of_happened_once() -> None:
    """The broker has committed, the worker never learns of it and ends: its successor goes on behind it."""
    world = played(view(0), view(1), Lost(OWNER, "transaction", arrived=True), Wait(20_000), exactly_once=True)
    transactions = {one.transaction for one in world.broker.outputs["rows", 0]}
    assert {transaction.state for transaction in transactions if transaction is not None} == {State.COMMITTED}


def test_a_worker_that_leaves_says_nothing_behind_its_successor() -> None:
    """Its last commit is its last word: what it had still to publish is published by whoever owns the partition then."""
    world = played(view(0), Wait(500), view(1), Wait(300), Stop(OWNER), Wait(20), view(2), Wait(3_000))
    told = [decode_scores(one.value or b"").events for one in world.broker.outputs["scores", 0]]
    assert told == sorted(told)
