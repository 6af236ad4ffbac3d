"""Webhooks in the form of standardwebhooks.com: the alert as JSON, signed if there is a secret. The id is the alert's.

The receiver drops repeats by `webhook-id`; it is the same each time an alert is sent again.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from typing import Final

import msgspec

from streamer.notify.keys import Keys
from streamer.notify.message import Message
from streamer.notify.post import Poster, Request

PREFIX: Final = "whsec_"
KEY_BYTES_MIN: Final = 24
KEY_BYTES_MAX: Final = 64


class Body(msgspec.Struct):
    """What is posted: `data` is the alert exactly as it stands in lead-alerts."""

    type: str
    timestamp: str
    data: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address of one's own. `key` is what the secret stands for; empty: unsigned."""

    url: str = field(repr=False)
    key: bytes = field(default=b"", repr=False)
    at_once: int = 8

    async def send(self, message: Message, poster: Poster) -> None:
        """Posts the alert."""
        await poster.post(self.request(message))

    def request(self, message: Message) -> Request:
        """The request with its headers."""
        alert = message.alert
        body = msgspec.json.encode(Body("lead.alert", alert.occurred_at, msgspec.Raw(message.body)))
        timestamp = str(message.at_ms // 1000)
        headers = {"webhook-id": alert.alert_id, "webhook-timestamp": timestamp}
        if self.key:
            headers["webhook-signature"] = f"v1,{signature(self.key, alert.alert_id, timestamp, body)}"
        return Request(self.url, body, headers)


def signature(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of id, timestamp and body, in base64."""
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def read_key(secret: str) -> bytes:
    """The key in `whsec_…`; ValueError says what was expected."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise ValueError(f"{PREFIX} and {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes in base64")
    return key


def read(keys: Keys) -> Webhook:
    """The channel in the routes file."""
    secret = keys.secret("secret")
    key = b""
    if secret:
        try:
            key = read_key(secret)
        except ValueError as expected:
            keys.found["secret"].refuse(f"expected {expected}")
    return Webhook(keys.url("url"), key)
