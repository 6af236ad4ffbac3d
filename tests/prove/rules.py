"""The rules of tests/prove/model.yaml, written by hand: the events of a lead so far and the present in; what each rule gives out.

What a rule gives is a function of the events, in whatever order they came; nothing is kept from one call to the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from tests.prove.days import DAY_MS, WINDOW_MS
from tests.prove.records import Seen


class Gives(NamedTuple):
    """What a rule gives: points that were earned so many times, or a truth that is worth so much."""

    rule: str
    points: int
    times: int
    category: str | None = None
    truth: bool = False


SCORE_OF: Final = {"head": "fit", "capital": "fit", "looked": "product"}
ALERTING: Final = {"busy", "clicked-again", "reached-out", "came-to-webinar", "bought-again", "quote-and-silence", "capital"}
# Given at each rise, at the first rise; all other truths give while they hold.
EACH: Final = {"reached-out"}
ONCE: Final = {"bought-again"}


def _earned(rule: str, points: int, times: int) -> Gives:
    return Gives(rule, points * times, times)


def _held(rule: str, points: int, *, holds: bool) -> Gives:
    return Gives(rule, points, int(holds), truth=True)


def _recent(events: list[Seen], now_ms: int) -> list[Seen]:
    return [event for event in events if event.time_ms + WINDOW_MS > now_ms]


def _page_views(events: list[Seen], now_ms: int) -> Iterator[Gives]:
    yield _earned("visit", 2, len({event.fields["visit_id"] for event in events}))
    days = Counter(event.time_ms // DAY_MS for event in events if event.fields["path"].startswith("/pricing"))
    yield Gives("pricing", sum(min(5 * count, 12) for count in days.values()), sum(min(count, 3) for count in days.values()))
    yield _held("busy", 10, holds=len(_recent(events, now_ms)) >= 4)
    looked = Counter(event.fields["category"] for event in events if "category" in event.fields)
    yield from (Gives("looked", 6 * count, count, category) for category, count in looked.items())


def _email_events(events: list[Seen], now_ms: int) -> Iterator[Gives]:
    opened: dict[str, int] = {}
    for event in events:
        if event.kind == "email_opened":
            message = event.fields["message_id"]
            opened[message] = min(event.time_ms, opened.get(message, event.time_ms))
    yield _earned("opened", 8, sum(time_ms + WINDOW_MS > now_ms for time_ms in opened.values()))
    kinds = Counter(event.kind for event in events)
    yield _earned("clicked-again", 6, max(0, kinds["email_clicked"] - 1))
    yield _earned("complained", -15, kinds["email_complained"])


def _calls(events: list[Seen], now_ms: int) -> Iterator[Gives]:
    yield _earned("answered", 8, min(3, sum(event.fields["outcome"] == "answered" for event in events)))
    yield from _messages(events, now_ms)


def _messages(events: list[Seen], now_ms: int) -> Iterator[Gives]:
    inbound = [event for event in _recent(events, now_ms) if event.fields.get("direction", "inbound") == "inbound"]
    yield _held("reached-out", 15, holds=len(inbound) >= 3)


def _webinars(events: list[Seen], _: int) -> Iterator[Gives]:
    halves = {event.fields["webinar_id"] for event in events if event.kind == "webinar_watched" and event.fields["percent"] >= 50}
    yield _earned("webinar-half", 10, len(halves))
    registered = [event.time_ms for event in events if event.kind == "webinar_registered"]
    attended = [event.time_ms for event in events if event.kind == "webinar_attended"]
    yield _held("came-to-webinar", 10, holds=any(0 <= last - first < WINDOW_MS for first in registered for last in attended))


def _purchases(events: list[Seen], _: int) -> Iterator[Gives]:
    yield _earned("bought", 5, len(events))
    yield _held("bought-again", 30, holds=len(events) >= 2)


def _activities(events: list[Seen], now_ms: int) -> Iterator[Gives]:
    times_ms: dict[str, list[int]] = {name: [] for name in ("quote_opened", "form_submitted", "newsletter")}
    for event in events:
        times_ms.get(event.fields["name"], []).append(event.time_ms)
    yield _earned("quote", 20, min(2, len(times_ms["quote_opened"])))
    yield _held("quote-and-silence", 5, holds=_in_vain(times_ms["quote_opened"], times_ms["form_submitted"], now_ms))
    both = (times_ms["newsletter"], times_ms["form_submitted"])
    yield _held("newsletter-and-form", 10, holds=all(any(time_ms + WINDOW_MS > now_ms for time_ms in one) for one in both))


def _in_vain(after_ms: list[int], without_ms: list[int], now_ms: int) -> bool:
    """Whether a wait has run to its end, and neither of the two came since."""
    wait_ends_ms: int | None = None
    in_vain = False
    for time_ms, is_without in sorted([(time_ms, False) for time_ms in after_ms] + [(time_ms, True) for time_ms in without_ms]):
        if wait_ends_ms is not None and wait_ends_ms <= time_ms:
            wait_ends_ms, in_vain = None, True
        if is_without:
            wait_ends_ms, in_vain = None, False
        elif wait_ends_ms is None:
            wait_ends_ms, in_vain = time_ms + WINDOW_MS, False
    return in_vain or (wait_ends_ms is not None and wait_ends_ms <= now_ms)


def of_profile(profile: dict[str, Any]) -> Iterator[Gives]:
    """What the newest profile gives."""
    yield _held("head", 100, holds="head" in (profile.get("job_title") or "").lower())
    yield _held("capital", 25, holds=(profile.get("city") or "").lower() == "warsaw")


RULES: Final[dict[str, Callable[[list[Seen], int], Iterator[Gives]]]] = {
    "page-views": _page_views,
    "email-events": _email_events,
    "calls": _calls,
    "webinars": _webinars,
    "purchases": _purchases,
    "messages": _messages,
    "activities": _activities,
}
