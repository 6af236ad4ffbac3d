"""A lead that is erased: nobody is told of it any more, and nothing that names it stays."""

from __future__ import annotations

import msgspec

from streamer.notify.outcome import LaterError
from tests.notify.world import alert, world
from tests.operate.test_standings import make_alert
from topics.alerts import encode_alert


def test_erased_lead() -> None:
    """What waits about an erased lead and its dead letters are dropped with their data; an older alert that is read later too."""
    found = world("a", "b")
    found.take(alert(1), alert(2))
    found.write([found.deliveries.refused(found.begun("b"), "404", found.now_ms)])
    gone = found.deliveries.forget("lead-1", found.now_ms, found.now_ms)
    found.write(gone)
    assert {(entry.key.decode()[0], entry.state) for entry in gone} == {("a", "dropped"), ("b", "dropped")}
    assert all(entry.alert is msgspec.UNSET for entry in gone)
    late = make_alert(3, lead_id="lead-1")
    assert found.deliveries.take(late, encode_alert(late), found.now_ms, found.now_ms) == []
    found.restart(retry_dead=True)
    assert (found.sent("a"), found.sent("b")) == (["lead-2"], ["lead-2"])
    assert len(found.deliveries.take(late, encode_alert(late), found.now_ms, found.now_ms)) == 2  # a new life of the lead


def test_what_is_under_way_is_not_stopped() -> None:
    """A message that is being sent when its lead is erased ends as it ends."""
    found = world()
    found.take(alert(1))
    entry = found.begun()
    assert found.deliveries.forget("lead-1", found.now_ms, found.now_ms) == []
    found.write([found.deliveries.sent(entry, found.now_ms)])
    found.restart()
    assert found.deliveries.waiting == 0


def test_what_fails_after_the_erasure_is_not_tried_again() -> None:
    """A message that was under way at the erasure and did not arrive is dropped with its data, whatever the failure was."""
    found = world()
    found.take(alert(1), alert(2))
    found.now_ms += 1
    first, second = found.begun(), found.begun()
    for lead_id in ("lead-1", "lead-2"):
        found.deliveries.forget(lead_id, found.now_ms, found.now_ms)
    ends = [found.deliveries.failed(first, LaterError("down"), found.now_ms), found.deliveries.refused(second, "404", found.now_ms)]
    assert [(end.state, end.alert) for end in ends] == [("dropped", msgspec.UNSET)] * 2
    assert found.deliveries.waiting == 0
