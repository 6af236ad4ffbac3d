"""E-mail by SMTP. The Message-ID is made of the alert's id, so a mail that is sent again can be known for a repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import aiosmtplib

from streamer.model.place import Place
from streamer.notify.keys import LOOPBACK, Keys
from streamer.notify.message import Message
from streamer.notify.outcome import LaterError, RefusedError
from streamer.notify.post import Poster
from streamer.settings import can_be_looked_up

TIMEOUT_S: Final = 10.0
PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class Email:
    """A mail server, who writes, and to whom. `tls` is starttls, tls or none."""

    host: str
    port: int
    tls: str
    sender: str
    to: str
    managers: dict[str, str] = field(default_factory=dict)
    user: str = ""
    password: str = field(default="", repr=False)
    at_once: int = 1

    async def send(self, message: Message, poster: Poster) -> None:
        """Hands the mail to the server."""
        try:
            await aiosmtplib.send(
                self.mail(message),
                hostname=self.host,
                port=self.port,
                username=self.user or None,
                password=self.password or None,
                use_tls=self.tls == "tls",
                start_tls=self.tls == "starttls",
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPResponseException as error:
            why = f"{self.host} answered {error.code}: {_one_line(error.message)}"
            raise (RefusedError if error.code >= 500 else LaterError)(why) from None
        except aiosmtplib.SMTPRecipientsRefused as refused:
            first = refused.recipients[0]
            why = f"{self.host} answered {first.code}: {_one_line(first.message)}"
            raise (RefusedError if first.code >= 500 else LaterError)(why) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            in_doubt = isinstance(error, aiosmtplib.SMTPServerDisconnected | aiosmtplib.SMTPReadTimeoutError)
            raise LaterError(f"{self.host} cannot be used: {_one_line(error)}", in_doubt=in_doubt) from None

    def mail(self, message: Message) -> EmailMessage:
        """The mail."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self.sender
        mail["To"] = self.managers.get(message.manager, self.to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(datetime.fromtimestamp(message.at_ms / 1000, UTC))
        mail["Message-ID"] = f"<{message.alert.alert_id}@{self.sender.rpartition('@')[2].rstrip('>')}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text + "\n")
        return mail


def read(keys: Keys) -> Email:
    """The channel in the routes file."""
    tls = keys.word("tls", tuple(PORTS))
    host = keys.text("host")
    if host and not can_be_looked_up(host):
        keys.found["host"].expected("the name of a host")
    if tls == "none" and host and host not in LOOPBACK:
        keys.found["tls"].doubt("names and telephone numbers go to the mail server unencrypted")
    password = keys.secret("password")
    if bool(password) != ("user" in keys.found):
        keys.found["password" if password else "user"].refuse("expected user and password together, or neither")
    return Email(
        host=host,
        port=keys.whole("port", PORTS.get(tls, 25), 1, 65535),
        tls=tls,
        sender=_mailbox(keys, "from"),
        to=_mailbox(keys, "to"),
        managers={manager: _checked(place) for manager, place in _managers(keys).items()},
        user=keys.text("user"),
        password=password,
    )


def _managers(keys: Keys) -> dict[str, Place]:
    place = keys.found.get("managers")
    return {} if place is None else place.entries()


def _mailbox(keys: Keys, name: str) -> str:
    return _checked(keys.found[name]) if name in keys.found else ""


def _checked(place: Place) -> str:
    address = place.text("an address such as sales@example.com")
    try:
        domain = Address(addr_spec=address).domain if address else "none"
    except (ValueError, IndexError):
        domain = ""
    if not domain:
        place.expected("an address such as sales@example.com")
    return address


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
