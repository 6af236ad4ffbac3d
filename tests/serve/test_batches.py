"""Records in batches: each lead at most once, and nothing of what came is lost."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streamer.serve.batches import BATCH_MAX, Batch, score_batches, score_of
from streamer.serve.cards import Draft, split_card
from streamer.serve.packing import PLAIN
from streamer.serve.view import LostError
from tests.serve.conftest import Kept, Record, Tell
from tests.serve.made import START_MS, alert, scores

PLACE = "lead-scores/0"


def batches(*values: bytes | str, believed: int = 0) -> list[Batch]:
    """The batches of states, and of erasures of the leads that are only named."""
    records = [
        Record(believed + number, value.encode(), None) if isinstance(value, str) else Record(believed + number, b"", value)
        for number, value in enumerate(values)
    ]
    return list(score_batches(PLACE, believed, records, score_of, PLAIN))


def test_batches_stand_on_each_other() -> None:
    """Each batch begins where the one before it ends, and holds no more leads than it may."""
    made = batches(*(scores(f"lead-{number}", number) for number in range(2 * BATCH_MAX + 1)), believed=7)
    assert [(batch.believed, batch.after) for batch in made] == [
        (7, 7 + BATCH_MAX),
        (7 + BATCH_MAX, 7 + 2 * BATCH_MAX),
        (7 + 2 * BATCH_MAX, 8 + 2 * BATCH_MAX),
    ]
    assert max(len(batch.entries) for batch in made) == BATCH_MAX


def test_of_several_states_the_newest_is_worked_out() -> None:
    """A lead that comes again within a batch is in it once, with its newest card and the history of all its states."""
    (batch,) = batches(scores("a", 1), scores("b", 2), scores("a", 3))
    cards = [orjson.loads(split_card(PLAIN.unpack(entry.blobs[0]))[0]) for entry in batch.entries]
    assert [(card["lead_id"], card["total"]) for card in cards] == [("a", 3), ("b", 2)]
    points: list[Any] = batch.entries[0].meta[4]
    assert points[::2] == [0, 2]
    assert batch.after == 3


def test_records_that_are_left_out_are_passed_over() -> None:
    """What cannot be read is in no batch, and the offset after the batch is beyond it."""
    records = [Record(number, b"", b"") for number in range(3)]
    assert list(score_batches(PLACE, 0, records, lambda _: None, PLAIN)) == [Batch(PLACE, 0, 3, [])]


@pytest.mark.redis
def test_a_lead_that_comes_again_after_its_erasure_is_a_new_one(tell: Tell) -> None:
    """A state, an erasure and a state that come together leave the newest state, with nothing from before the erasure."""

    async def story(kept: Kept) -> None:
        await kept.put(scores("a", 1))
        await kept.alert(alert("a", 1))
        await kept.put(scores("a", 2, profile={"city": "Radom"}), ("a", None), scores("a", 3, ms=START_MS + 60_000))
        (card,) = (await kept.leads())["leads"]
        assert (card["total"], card["history"]) == (3, [[START_MS + 60_000, 3]])
        assert await kept.ids(city="Radom") == []
        assert (await kept.alerts())["alerts"] == []

    tell(story)


@pytest.mark.redis
def test_history_has_each_change_once(tell: Tell) -> None:
    """A batch that overlaps what was applied adds only the changes that are new."""

    async def story(kept: Kept) -> None:
        first, second, third = (scores("a", total, ms=START_MS + number * 60_000) for number, total in enumerate((1, 2, 1)))
        await kept.apply(batches(first, second))
        await kept.apply(batches(first, second, third))
        (card,) = (await kept.leads())["leads"]
        assert [total for _, total in card["history"]] == [1, 2, 1]

    tell(story)


@pytest.mark.redis
def test_nothing_is_applied_after_what_was_not(tell: Tell) -> None:
    """Of batches that are sent together none is applied after one that does not stand on top of what is applied."""

    async def story(kept: Kept) -> None:
        def one(believed: int, offset: int) -> Batch:
            return Batch(PLACE, believed, offset + 1, [Draft(offset, scores(f"lead-{offset}", offset)).entry(PLAIN)])

        with pytest.raises(LostError):
            await kept.apply([one(0, 0), one(2, 2), one(3, 3)])
        assert await kept.ids() == ["lead-0"]
        assert await kept.view.open() == {PLACE: 1}

    tell(story)
