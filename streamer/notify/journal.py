"""The notifier's records in `<app>-notifications`: what has to be sent, and what was. Bytes come in, entries leave, and back.

A record is kept for some weeks under the key `<channel>/<alert id>`; the newest one of a key counts. The alert itself is in
it only while it may still have to be sent.
"""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["waiting", "sending", "sent", "dropped", "dead"]
# What may still have to be sent
OPEN: frozenset[State] = frozenset({"waiting", "sending"})


class Entry(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, gc=False):
    """One alert for one channel. Times are epoch milliseconds."""

    state: State
    channel: str
    alert_id: str
    lead_id: str
    at_ms: int
    """When it got into this state."""
    taken_ms: int
    """When the alert was first read."""
    manager: str = ""
    due_ms: int = 0
    """Not before then the next try."""
    tried_ms: int = 0
    """When the first try was; 0 before it."""
    tries: int = 0
    again: bool = False
    """Whether an earlier try may have arrived."""
    why: str = ""
    """What the last try, or the reason for not sending it, said."""
    alert: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def key(self) -> bytes:
        """The key of its records."""
        return key_of(self.channel, self.alert_id)


def key_of(channel: str, alert_id: str) -> bytes:
    """The key of the records of one alert for one channel."""
    return f"{channel}/{alert_id}".encode()


encode_entry = msgspec.json.Encoder().encode
decode_entry = msgspec.json.Decoder(Entry).decode
