"""A notifier's state with a journal that stays and a clock that the tests move; nothing is sent anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from streamer.notify.deliveries import Deliveries
from streamer.notify.journal import Entry, decode_entry, encode_entry
from streamer.notify.message import Message
from streamer.notify.outcome import LaterError
from streamer.notify.plan import Channel, Plan, Route, Terms
from streamer.notify.post import Poster
from tests.operate.test_standings import make_alert
from topics.alerts import Alert, encode_alert

NOON_MS = 1_767_266_400_000  # 2026-01-01T11:20:00Z, 12:20 in Warsaw


@dataclass
class Nowhere:
    """A channel that nothing is sent through: these tests say how each try ends."""

    at_once: int = 1

    async def send(self, message: Message, poster: Poster) -> None:
        """Not called here."""
        raise NotImplementedError


@dataclass
class World:
    """A journal that stays, and a notifier that can be restarted."""

    plan: Plan
    journal: list[bytes] = field(default_factory=list)
    now_ms: int = NOON_MS

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, *, retry_dead: bool = False) -> None:
        """A new process reads the journal."""
        self.deliveries = Deliveries(self.plan)
        for value in self.journal:
            self.deliveries.restore(decode_entry(value))
        self.write(self.deliveries.begin(self.now_ms, retry_dead=retry_dead))

    def write(self, entries: list[Entry]) -> None:
        """The journal has them."""
        self.journal += [encode_entry(entry) for entry in entries]

    def take(self, *alerts: Alert) -> list[Entry]:
        """Alerts are read from the topic."""
        new = [entry for alert in alerts for entry in self.deliveries.take(alert, encode_alert(alert), self.now_ms, self.now_ms)]
        self.write(new)
        return new

    def next(self, channel: str = "a") -> Entry | None:
        """The next message, marked as being sent."""
        entry = self.deliveries.next(channel, self.now_ms)
        if entry is not None:
            self.write([entry])
        return entry

    def begun(self, channel: str = "a") -> Entry:
        """The next message, which must be there."""
        entry = self.next(channel)
        assert entry is not None
        return entry

    def sent(self, channel: str = "a") -> list[str]:
        """Sends all that is due, and returns the leads."""
        leads = []
        while (entry := self.next(channel)) is not None:
            if entry.state == "sending":
                leads.append(entry.lead_id)
                self.write([self.deliveries.sent(entry, self.now_ms)])
        return leads

    def fail(self, entry: Entry, error: LaterError | None = None) -> Entry:
        """A try ends with a failure that may pass."""
        after = self.deliveries.failed(entry, error or LaterError("down"), self.now_ms)
        self.write([after])
        return after


def world(*names: str, **terms: object) -> World:
    """A world in which every alert goes to these channels, on these terms."""
    channels = {name: Channel(name, Nowhere(), Terms(**terms)) for name in names or ("a",)}  # type: ignore[arg-type] # named as Terms names them
    return World(Plan(channels, (Route(tuple(channels)),), ZoneInfo("Europe/Warsaw")))


def alert(number: int = 1, manager: str = "") -> Alert:
    """An alert of a lead of its own."""
    return make_alert(number, lead_id=f"lead-{number}", profile={"manager": manager})
