"""How far behind the seam says it is, between fakes."""

from __future__ import annotations

from streamer.stream.fetched import Fetched
from tests.stream.seam import CALLS_0, VIEWS_0, Bench, records, run


def test_lag_is_what_was_not_handed_out() -> None:
    """From what was handed out to the end that is known: by the newest fetch, or later by who asked the broker."""

    async def body(bench: Bench) -> None:
        bench.consumer._look()
        assert bench.consumer.lags([VIEWS_0], {VIEWS_0: 7}) == {VIEWS_0: 7}
        bench.thread.ends[VIEWS_0] = Fetched(5, 5, 1)
        await bench.messages({VIEWS_0: records(0, 1, 2, 3, 4)})
        assert bench.consumer.lags([VIEWS_0, CALLS_0], {}) == {VIEWS_0: 0, CALLS_0: 0}
        assert bench.consumer.lags([VIEWS_0], {VIEWS_0: 12}) == {VIEWS_0: 7}
        assert bench.consumer.lags([VIEWS_0], {VIEWS_0: 3}) == {VIEWS_0: 0}

    run(body)


def test_what_waits_here_is_behind_too() -> None:
    """Fetched is not scored."""

    async def body(bench: Bench) -> None:
        bench.thread.ends[VIEWS_0] = Fetched(5, 5, 1)
        bench.consumer._look()
        bench.consumer._merge(0).lanes["page-views"].add(records(2, 3, 4))
        assert bench.consumer.lags([VIEWS_0], {}) == {VIEWS_0: 3}

    run(body)


def test_an_unknown_place_is_no_number() -> None:
    """Before the first answer nobody knows."""

    async def body(bench: Bench) -> None:
        bench.thread.ends[VIEWS_0] = None
        assert bench.consumer.lags([VIEWS_0], {VIEWS_0: 7}) == {VIEWS_0: None}

    run(body)


def test_acked_records_are_counted_for_good() -> None:
    """What was acked is progress, also after the partition was given back."""

    async def body(bench: Bench) -> None:
        (message,) = await bench.messages({VIEWS_0: records(0, 1, 2)})
        assert bench.consumer.ledger.records_acked(0) == 0
        bench.consumer.ack(message)
        assert bench.consumer.ledger.records_acked(0) == 3
        bench.consumer.ledger.clear()
        assert bench.consumer.ledger.records_acked(0) == 3

    run(body)
