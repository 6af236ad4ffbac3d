"""The events of the contract, section 2: one struct a topic, decoded strictly from JSON.

`null` means absent everywhere; `human` and `direction` then take their defaults. Fields that are not named here are
ignored by these structs; a scoring model that uses one adds it (see `reading.EventReader`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from topics import limits, registry
from topics.registry import Topic

EventId = Annotated[str, Meta(min_length=1, max_length=limits.EVENT_ID_CHARS_MAX)]
LeadId = Annotated[str, Meta(min_length=1, max_length=limits.LEAD_ID_CHARS_MAX)]
Percent = Annotated[int, Meta(ge=0, le=100)] | Annotated[float, Meta(ge=0, le=100)]
EmailAction = Literal["sent", "opened", "clicked", "replied", "bounced", "unsubscribed", "complained"]
WebinarAction = Literal["registered", "attended", "watched", "left"]


class Event(msgspec.Struct, kw_only=True, gc=False):
    """What every event has. `occurred_at` is epoch milliseconds, an integer, once an `EventReader` has read it."""

    event_id: EventId | None = None
    lead_id: LeadId | None = None
    occurred_at: Any = None
    source: str | None = None
    channel: str | None = None
    human: bool | None = True
    category: str | None = None


class PageView(Event, kw_only=True, gc=False):
    """A page view; `path` defaults to the path of `url`, `seconds` is the time on the page."""

    url: str
    path: str | None = None
    title: str | None = None
    referrer: str | None = None
    visit_id: str | None = None
    seconds: int | float | None = None


class EmailEvent(Event, kw_only=True, gc=False):
    """One thing that happened to one mail."""

    action: EmailAction
    message_id: str | None = None
    campaign: str | None = None
    link: str | None = None


class Call(Event, kw_only=True, gc=False):
    """A finished or missed call."""

    direction: Literal["inbound", "outbound"]
    outcome: Literal["answered", "missed", "busy", "voicemail"]
    seconds: int | float | None = None
    manager: str | None = None


class Webinar(Event, kw_only=True, gc=False):
    """Registered, attended, watched to a stage, left; `percent` of it watched, 0 to 100."""

    action: WebinarAction
    webinar_id: str
    percent: Percent | None = None
    stage: str | int | float | None = None


class Purchase(Event, kw_only=True, gc=False):
    """An order."""

    order_id: str
    amount: int | float | None = None
    currency: str | None = None
    items: Any = None


class Message(Event, kw_only=True, gc=False):
    """A message the lead wrote, or got (`direction` outbound)."""

    direction: str | None = "inbound"
    medium: str | None = None


class Activity(Event, kw_only=True, gc=False):
    """Anything else, by name."""

    name: str
    properties: dict[str, Any] | None = None


EVENT_TYPES: dict[Topic, type[Event]] = {
    registry.PAGE_VIEWS: PageView,
    registry.EMAIL_EVENTS: EmailEvent,
    registry.CALLS: Call,
    registry.WEBINARS: Webinar,
    registry.PURCHASES: Purchase,
    registry.MESSAGES: Message,
    registry.ACTIVITIES: Activity,
}

# The kinds that rules name, by topic; where there are several, the event's `action` picks one.
KINDS: dict[Topic, dict[str | None, str]] = {
    registry.PAGE_VIEWS: {None: "page_view"},
    registry.EMAIL_EVENTS: {
        action: f"email_{action}" for action in ("sent", "opened", "clicked", "replied", "bounced", "unsubscribed", "complained")
    },
    registry.CALLS: {None: "call"},
    registry.WEBINARS: {action: f"webinar_{action}" for action in ("registered", "attended", "watched", "left")},
    registry.PURCHASES: {None: "purchase"},
    registry.MESSAGES: {None: "message"},
    registry.ACTIVITIES: {None: "activity"},
}
ALL_KINDS: tuple[str, ...] = tuple(kind for kinds in KINDS.values() for kind in kinds.values())

_AUTHORITY = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*")


def path_of(url: str) -> str:
    """The URL's path: no query, no fragment, nothing decoded; `/` when a host has no path; a relative URL is a path."""
    if "#" in url:
        url = url[: url.index("#")]
    if "?" in url:
        url = url[: url.index("?")]
    if url.startswith("https://"):  # as most do
        start = url.find("/", 8)
        return url[start:] if start >= 0 else "/"
    host = _AUTHORITY.match(url)
    if host is None:
        return url
    return url[host.end() :] or "/"
