"""The notifier's state on its own: once each, whatever repeats; quiet hours, limits, failures, erasures; all survive a restart."""

from __future__ import annotations

from datetime import time

import msgspec
import pytest

from streamer.notify.calendar import Quiet
from streamer.notify.deliveries import REST_MS_MAX, RETRY_MS_MAX
from streamer.notify.journal import Entry, decode_entry, encode_entry
from streamer.notify.outcome import LaterError
from streamer.notify.plan import DAY_MS, Plan, Route
from tests.notify.world import NOON_MS, alert, world
from tests.operate.test_standings import make_alert
from topics.alerts import decode_alert, encode_alert
from topics.limits import NOTIFICATIONS_WAITING_MAX, NOTIFIED_MS

HOUR_MS = 3_600_000


def test_repeat_is_sent_once() -> None:
    """An alert that comes again, at once or after it was sent or after a restart, goes to each channel once."""
    found = world("a", "b")
    assert len(found.take(alert(), alert())) == 2
    assert (found.sent("a"), found.sent("b")) == (["lead-1"], ["lead-1"])
    assert found.take(alert()) == []
    found.restart()
    assert found.take(alert()) == []
    assert (found.sent("a"), found.sent("b")) == ([], [])


def test_waiting_survives() -> None:
    """What waits is sent after a restart, in the order in which it came, with the alert as it was published."""
    found = world()
    for number in (3, 1, 2):
        found.take(alert(number))
        found.now_ms += 1
    found.restart()
    entry = found.begun()
    assert isinstance(entry.alert, msgspec.Raw)
    assert decode_alert(entry.alert) == alert(3)
    assert found.sent() == ["lead-1", "lead-2"]


def test_sent_alert_is_not_kept() -> None:
    """What was sent leaves no personal data in the journal's newest record."""
    found = world()
    found.take(make_alert(profile={"name": "Anna"}))
    found.sent()
    assert b"Anna" not in found.journal[-1]
    assert decode_entry(found.journal[-1]).state == "sent"


def test_killed_while_sending() -> None:
    """What was under way at a kill is sent once more and says so, or is given up, as the channel's terms say."""
    found = world(resend_in_doubt=True)
    found.take(alert(1))
    found.now_ms += 1
    found.take(alert(2))
    assert not found.begun().again
    found.now_ms += 1000
    found.restart()
    assert [found.begun().again for _ in range(2)] == [True, False]
    found = world(resend_in_doubt=False)
    found.take(alert(1), alert(2))
    found.begun()
    found.restart()
    assert found.sent() == ["lead-2"]
    assert "may have arrived" in decode_entry(found.journal[2 + 1]).why
    found.restart()
    assert found.sent() == []


def test_no_answer_is_as_doubtful() -> None:
    """A try without an answer is treated as one that was cut off."""
    found = world(resend_in_doubt=False)
    found.take(alert())
    assert found.fail(found.begun(), LaterError("no answer", in_doubt=True)).state == "dead"
    found = world()
    found.take(alert())
    assert found.fail(found.begun(), LaterError("no answer", in_doubt=True)).again


def test_each_try_waits_longer() -> None:
    """1 s, 2 s, 4 s … and at most ten minutes; a restart does not begin anew."""
    found = world(retry_for_ms=DAY_MS)
    found.take(alert())
    waits = []
    for _ in range(13):
        entry = found.begun()
        waits.append(found.fail(entry).due_ms - found.now_ms)
        found.restart()
        found.now_ms += waits[-1]
    assert waits == [min(1000 * 2**number, RETRY_MS_MAX) for number in range(13)]


def test_other_side_says_when() -> None:
    """When the other side asks for time, that is given, to the whole channel."""
    found = world()
    found.take(alert(1), alert(2))
    found.fail(found.begun(), LaterError("too many", 90_000))
    assert found.next() is None
    assert found.deliveries.next_ms("a") == found.now_ms + 90_000
    found.now_ms += 89_999
    assert found.next() is None
    found.now_ms += 1
    assert len(found.sent()) == 2


def test_side_that_is_down_is_not_beaten() -> None:
    """After each failure the whole channel rests, longer each time, at most a minute; other channels go on."""
    found = world("a", "b")
    found.take(*(alert(number) for number in range(40)))
    rests = []
    for _ in range(9):
        failed_ms = found.now_ms
        found.fail(found.begun())
        found.now_ms = found.deliveries.next_ms("a") or 0
        assert found.deliveries.next("a", found.now_ms - 1) is None
        rests.append(found.now_ms - failed_ms)
    assert rests == [min(1000 * 2**number, REST_MS_MAX) for number in range(9)]
    assert len(found.sent("b")) == 40


def test_it_is_given_up_in_the_end() -> None:
    """What fails for as long as `retry_for` is a dead letter, with the last reason, and gets another chance only when told."""
    found = world(retry_for_ms=HOUR_MS)
    found.take(alert())
    while (entry := found.fail(found.begun())).state == "waiting":
        found.now_ms = entry.due_ms
    assert entry.state == "dead"
    assert entry.why.startswith("down (tries: ")
    assert HOUR_MS - RETRY_MS_MAX <= found.now_ms - NOON_MS <= HOUR_MS
    found.restart()
    assert found.sent() == []
    found.restart(retry_dead=True)
    again = found.fail(found.begun())
    assert (again.state, again.tries) == ("waiting", 1)
    found.now_ms = again.due_ms
    assert found.sent() == ["lead-1"]
    found.restart(retry_dead=True)
    assert found.sent() == []


def test_refused_is_given_up_at_once() -> None:
    """What the other side refuses is not tried again."""
    found = world()
    found.take(alert())
    found.write([found.deliveries.refused(found.begun(), "404", found.now_ms)])
    found.now_ms += DAY_MS
    found.restart()
    assert found.sent() == []
    assert found.deliveries.waiting == 0


def test_quiet_hours_hold() -> None:
    """What comes in quiet hours is sent when they end, also after a restart, and not a moment before."""
    found = world(quiet=Quiet(time(12), time(14)))
    found.take(alert(1))
    assert found.next() is None
    found.restart()
    assert found.next() is None
    end_ms = found.deliveries.next_ms("a")
    assert end_ms == NOON_MS + 100 * 60_000  # 14:00 in Warsaw
    found.now_ms = end_ms - 1
    assert found.next() is None
    found.now_ms = end_ms
    assert found.sent() == ["lead-1"]


def test_limit_of_a_manager() -> None:
    """A manager gets so many a day, the oldest first, and the others the next day; others' leads and nobody's are not held up."""
    found = world(per_manager=2)
    for number in range(1, 6):
        found.take(alert(number, "anna"))
    found.take(alert(6, "bob"), alert(7), alert(8))
    assert found.sent() == ["lead-1", "lead-2", "lead-6", "lead-7", "lead-8"]
    found.restart()
    assert found.sent() == []
    found.now_ms += 12 * HOUR_MS  # after midnight
    assert found.sent() == ["lead-3", "lead-4"]
    found.now_ms += 24 * HOUR_MS
    assert found.sent() == ["lead-5"]


def test_limit_is_of_the_day_it_is_sent() -> None:
    """What quiet hours hold over midnight counts for the day on which it goes out."""
    found = world(per_manager=1, quiet=Quiet(time(20), time(8)))
    found.take(alert(1, "anna"))
    assert found.sent() == ["lead-1"]
    found.now_ms += 9 * HOUR_MS  # 21:20
    found.take(alert(2, "anna"))
    assert found.sent() == []
    morning_ms = found.now_ms + 10 * HOUR_MS + 40 * 60_000
    assert found.deliveries.next_ms("a") == morning_ms
    found.now_ms = morning_ms
    assert found.sent() == ["lead-2"]


def test_limit_that_drops() -> None:
    """With `beyond: drop` what is over the limit is not sent at all, and the journal says why."""
    found = world(per_manager=1, drop_beyond=True)
    found.take(alert(1, "anna"), alert(2, "anna"))
    assert found.sent() == ["lead-1"]
    found.now_ms += DAY_MS
    found.restart()
    assert found.sent() == []
    assert decode_entry(found.journal[-1]).state == "dropped"


def test_retries_count_once() -> None:
    """A message that needs several tries, over a restart too, counts once for its manager."""
    found = world(per_manager=2)
    found.take(alert(1, "anna"))
    for _ in range(3):
        found.now_ms = found.fail(found.begun()).due_ms
    found.restart()
    found.now_ms = found.fail(found.begun()).due_ms
    found.take(alert(2, "anna"), alert(3, "anna"))
    assert found.sent() == ["lead-1", "lead-2"]


def test_old_alerts_are_not_sent() -> None:
    """An alert that is older than `max_age` when it is first read is left alone, and counted."""
    found = world()
    old = alert()
    assert found.deliveries.take(old, encode_alert(old), NOON_MS - DAY_MS - 1, NOON_MS) == []
    assert found.deliveries.counts["too old"] == 1
    assert len(found.deliveries.take(old, encode_alert(old), NOON_MS - DAY_MS, NOON_MS)) == 1


def test_success_ends_the_rests() -> None:
    """After a success the next failure is the first one again."""
    found = world()
    for number in range(3):
        found.take(alert(number))
        found.now_ms = found.fail(found.begun()).due_ms
        assert found.sent() == [f"lead-{number}"]
        found.take(alert(number + 10))
        failed_ms = found.now_ms
        found.fail(found.begun())
        assert found.deliveries.next_ms("a") == failed_ms + 1000
        found.now_ms += 1000
        assert found.sent() == [f"lead-{number + 10}"]


def test_channel_that_is_gone() -> None:
    """What waits for a channel that the file has no more stays, and is sent when the channel is back."""
    found = world("a", "b")
    found.take(alert())
    whole = found.plan
    found.plan = Plan({"b": whole.channels["b"]}, (Route(("b",)),))
    found.restart()
    assert found.sent("b") == ["lead-1"]
    assert found.deliveries.waiting == 1
    found.plan = whole
    found.restart()
    assert (found.sent("a"), found.sent("b")) == (["lead-1"], [])


def test_what_is_remembered_is_bounded() -> None:
    """Ids are forgotten after their weeks, and no more alerts are asked for than may wait."""
    found = world()
    found.take(alert(1))
    found.sent()
    found.now_ms += NOTIFIED_MS + 1
    assert len(found.take(alert(2))) == 1
    assert len(found.take(alert(1))) == 1
    assert not found.deliveries.is_full
    for number in range(3, NOTIFICATIONS_WAITING_MAX + 3):
        found.deliveries.take(make_alert(number), b"{}", found.now_ms, found.now_ms)
    assert found.deliveries.is_full


@pytest.mark.parametrize("state", ["waiting", "sending", "sent", "dropped", "dead"])
def test_journal_is_read_as_written(state: str) -> None:
    """An entry comes back from its bytes as it was."""
    entry = Entry(state=state, channel="a", alert_id="x", lead_id="l", at_ms=1, taken_ms=1, alert=msgspec.Raw(b'{"a":1}'))  # type: ignore[arg-type] # one of the states
    assert decode_entry(encode_entry(entry)) == entry
