"""What the routes file says, checked: which alerts go to which channels, and on what terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from streamer.notify.calendar import Quiet
from streamer.notify.message import DEFAULT_SUBJECT, DEFAULT_TEXT, Message, Template, read_template
from streamer.notify.post import Poster
from topics.alerts import Alert

DAY_MS: Final = 86_400_000
MATCHED: Final = ("action", "kind", "id", "direction", "stage", "manager")


class Sender(Protocol):
    """One kind of channel: it takes a message to where it is to go."""

    @property
    def at_once(self) -> int:
        """How many messages may be under way at the same time."""

    async def send(self, message: Message, poster: Poster) -> None:
        """Returns when the other side has it; LaterError or RefusedError when it has not."""


@dataclass(frozen=True, slots=True)
class Terms:
    """When a channel may be used, and what happens when it cannot be. Times are in milliseconds."""

    subject: Template = field(default_factory=lambda: read_template(DEFAULT_SUBJECT))
    text: Template = field(default_factory=lambda: read_template(DEFAULT_TEXT))
    quiet: Quiet | None = None
    per_manager: int | None = None
    """How many messages a day about the leads of one manager; leads without a manager have no limit."""
    drop_beyond: bool = False
    resend_in_doubt: bool = True
    """Whether a message that was under way when the notifier was killed is sent once more."""
    retry_for_ms: int = DAY_MS


@dataclass(frozen=True, slots=True)
class Channel:
    """A named place for messages."""

    name: str
    sender: Sender
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts for which each named field has one of the values go to these channels."""

    to: tuple[str, ...]
    match: dict[str, frozenset[str]] = field(default_factory=dict)

    def takes(self, alert: Alert) -> bool:
        """Whether the alert goes this way."""
        return all(_field(alert, name) in values for name, values in self.match.items())


def _field(alert: Alert, name: str) -> object:
    return alert.profile.get("manager") if name == "manager" else getattr(alert, name)


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a routes file. `max_age_ms`: an older alert is not sent any more when it is first read."""

    channels: dict[str, Channel]
    routes: tuple[Route, ...]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    dashboard: str = ""
    max_age_ms: int = DAY_MS

    def channels_for(self, alert: Alert) -> list[str]:
        """The names of the channels that the alert goes to, each once, in the order of the routes."""
        return list(dict.fromkeys(name for route in self.routes if route.takes(alert) for name in route.to))
