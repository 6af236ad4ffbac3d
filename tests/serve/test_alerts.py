"""Alerts in the view: once each, newest first, counted, and dropped with their lead."""

from __future__ import annotations

import time

import pytest

from streamer.serve.answers import Delay
from tests.serve.conftest import Kept, Tell
from tests.serve.made import START_MS, alert, alert_id, scores
from topics.times import format_rfc3339

pytestmark = pytest.mark.redis


def test_an_alert_is_kept_once(tell: Tell) -> None:
    """A repeat of an alert id, on whichever offset, changes nothing; newest by the time of the decision come first."""

    async def story(kept: Kept) -> None:
        await kept.alert(alert("a", 1, ms=START_MS), alert("a", 2, ms=START_MS + 5), alert("a", 1, ms=START_MS))
        await kept.alert(alert("b", 1, ms=START_MS + 3), alert("a", 2, ms=START_MS + 9), place="lead-alerts/1")
        found = (await kept.alerts())["alerts"]
        assert [one["alert_id"] for one in found] == [alert_id("a", 2), alert_id("b", 1), alert_id("a", 1)]
        assert found[0]["seen_at"] == format_rfc3339(START_MS)
        assert (await kept.reads.alert_numbers()).seen == 3

    tell(story)


def test_alerts_are_filtered_and_paged(tell: Tell) -> None:
    """Kind, id and lead choose; the pages together hold every alert once, however many have the same time."""

    async def story(kept: Kept) -> None:
        kinds = ("threshold", "rule", "stage")
        made = [alert(f"l{n % 7}", n, ms=START_MS + n // 10, kind=kinds[n % 3], id=f"id-{n % 5}") for n in range(300)]
        await kept.alert(*made)

        async def ids(**given: str) -> list[str]:
            found: list[str] = []
            cursor: dict[str, str] = {}
            while True:
                page = await kept.alerts(**given, **cursor, limit="7")
                found += [one["alert_id"] for one in page["alerts"]]
                if page["next"] is None:
                    return found
                cursor = {"cursor": page["next"]}

        everything = await ids()
        assert len(everything) == len(set(everything)) == 300
        assert set(await ids(kind="rule")) == {alert_id(f"l{n % 7}", n) for n in range(300) if n % 3 == 1}
        assert set(await ids(id="id-2", lead="l3")) == {alert_id("l3", n) for n in range(300) if n % 5 == 2 and n % 7 == 3}
        assert await ids(id="never") == []

    tell(story)


def test_alerts_are_counted_by_hour_channel_and_manager(tell: Tell) -> None:
    """Of the last 24 hours: how many an hour, by the topic that triggered them, by manager; and how long they took."""
    now_ms = time.time_ns() // 1_000_000

    async def story(kept: Kept) -> None:
        def made(number: int, ms: int, **other: object) -> bytes:
            return alert("a", number, ms=ms, occurred_at=format_rfc3339(ms - 400), **other)

        await kept.alert(made(1, now_ms), made(2, now_ms, trigger=None, profile={}), produced_ms=now_ms, now_ms=now_ms)
        await kept.put(scores("a", 1))
        await kept.alert(made(3, now_ms - 30 * 3_600_000), produced_ms=now_ms - 30 * 3_600_000, now_ms=now_ms)
        numbers = await kept.reads.alert_numbers()
        assert numbers.by_channel == {"page-views": 1, "time": 1}
        assert numbers.by_manager == {"Ewa": 1}
        assert len(numbers.per_hour) == 24 and sum(number for _, number in numbers.per_hour) == 2
        assert numbers.per_hour[-1][0] == now_ms - now_ms % 3_600_000
        assert (numbers.seen, numbers.delay) == (3, Delay(400, 400, 400))

    tell(story)


def test_old_alerts_without_a_lead_are_those_of_an_erased_one(tell: Tell) -> None:
    """When the view is built again, an old alert of a lead that has no scores is left out; a new one is shown at once."""

    async def story(kept: Kept) -> None:
        await kept.put(scores("here", 1))
        await kept.alert(alert("here", 1), alert("erased", 1), now_ms=START_MS + 3_600_000)
        await kept.alert(alert("new", 1), now_ms=START_MS + 1_000)
        assert {one["lead_id"] for one in (await kept.alerts())["alerts"]} == {"here", "new"}

    tell(story)


def test_old_alerts_of_a_lead_that_came_back_are_those_of_an_erased_one(tell: Tell) -> None:
    """A lead that was erased and came back is a new one, also where the null between the two is gone: it has no alerts of before."""

    async def story(kept: Kept) -> None:
        back_ms = START_MS + 86_400_000
        named = '\n"first_seen_at":"2000-01-01T00:00:00.000Z"'
        scored = scores("back" + named, 1, ms=back_ms, first_seen_at=format_rfc3339(back_ms))
        await kept.put(scored)
        for number, ms in enumerate((START_MS, back_ms - 300_001, back_ms - 300_000, back_ms)):
            await kept.alert(alert("back" + named, number, ms=ms), produced_ms=ms, now_ms=back_ms + 3_600_000)
        assert [one["alert_id"] for one in (await kept.alerts())["alerts"]] == [alert_id("back" + named, number) for number in (3, 2)]

    tell(story)


def test_only_the_newest_alerts_are_kept(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest alerts go, from their lead's page too."""
    monkeypatch.setattr("streamer.serve.view.ALERTS_KEPT_MAX", 5)

    async def story(kept: Kept) -> None:
        await kept.put(scores("a", 1))
        await kept.alert(*(alert("a", n, ms=START_MS + n) for n in range(12)))
        expected = [alert_id("a", n) for n in range(11, 6, -1)]
        assert [one["alert_id"] for one in (await kept.alerts())["alerts"]] == expected
        lead = await kept.lead("a")
        assert lead is not None
        assert [one["alert_id"] for one in lead["alert_history"]] == expected

    tell(story)
