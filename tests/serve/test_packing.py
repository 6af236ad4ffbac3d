"""Whole states in little room: what is packed is read again, whatever was learned before or after it."""

from __future__ import annotations

from typing import Any

import pytest

from streamer.serve.packing import PLAIN, SAMPLES_MIN, Packing, number_of, trained
from tests.serve.conftest import Kept, Tell
from tests.serve.made import reason, scores

STATES = [scores(f"lead-{number}", number, profile={"name": f"Anna {number}"}) for number in range(SAMPLES_MIN)]


def test_what_states_have_in_common_takes_no_room() -> None:
    """With a dictionary of its likes a state is packed into half of what it takes without."""
    dictionary = trained(STATES)
    packing = Packing(dictionary)
    assert len(packing.pack(STATES[7])) < len(PLAIN.pack(STATES[7])) / 2
    assert packing.unpack(packing.pack(STATES[7])) == packing.unpack(PLAIN.pack(STATES[7])) == STATES[7]
    assert number_of(packing.pack(STATES[7])) == packing.number != number_of(PLAIN.pack(STATES[7])) == PLAIN.number == 0


def test_what_has_nothing_in_common_is_packed_without() -> None:
    """Of what is no state, or of nothing, no dictionary is made."""
    assert trained([]) is None
    assert trained([b"{}", b"\xff"]) is None
    assert Packing(trained([])).number == 0


def test_a_dictionary_holds_nothing_of_a_lead() -> None:
    """No name, profile, event or value of a lead is in a dictionary: it is still there when the lead is erased."""
    traces = ("gone-1", "Zofia", "radom.example", "e-secret", "blue-whale")
    secret = reason("visit", 3, value="blue-whale", evidence=[evidence("e-secret", number) for number in range(5)])
    profile = {"name": "Zofia", "email": "z@radom.example", "blue-whale": "Zofia"}
    states = [
        scores("gone-1", number, profile=profile, reasons=[secret], scores={"interest": number, "product": {"blue-whale": 3}})
        for number in range(SAMPLES_MIN)
    ]
    dictionary = trained(states)
    assert dictionary is not None and b"evidence" in dictionary
    for trace in traces:
        assert trace.encode() not in dictionary, trace


def evidence(event_id: str, offset: int) -> dict[str, Any]:
    """A piece of evidence."""
    return {"topic": "page-views", "partition": 0, "offset": offset, "event_id": event_id, "occurred_at": "2026-11-22T10:00:00Z"}


@pytest.mark.redis
def test_states_are_read_that_were_packed_before_and_after_learning(tell: Tell) -> None:
    """A reader reads every lead while the view learns, goes on with what it learned after a restart, and after it was built anew."""

    async def story(kept: Kept) -> None:
        for _ in range(2):
            kept.offsets.clear()
            await kept.put(scores("before", 1))
            await kept.view.learn(STATES)
            learned = kept.view.packing.number
            assert learned != 0
            await kept.put(scores("after", 2))
            await kept.view.open()
            assert kept.view.packing.number == learned
            for lead in ("before", "after"):
                assert (await kept.lead(lead) or {})["lead_id"] == lead
            await kept.view.begin()
            assert kept.view.packing is PLAIN
            await kept.view.say({"began_ms": 1})

    tell(story)


@pytest.mark.redis
def test_a_view_learns_once(tell: Tell) -> None:
    """Few states teach nothing, and what was learned stays, so that all that is packed can be read."""

    async def story(kept: Kept) -> None:
        await kept.view.learn(STATES[1:])
        assert kept.view.packing is PLAIN
        await kept.view.learn(STATES)
        first = kept.view.packing
        await kept.view.learn([state[::-1] for state in STATES])
        assert kept.view.packing is first

    tell(story)
