"""Telegram's bots: the text goes to a chat, to one of its own for each manager where that is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from streamer.notify.keys import Keys, address
from streamer.notify.message import Message
from streamer.notify.post import Poster, Request

API: Final = "https://api.telegram.org"


@dataclass(frozen=True, slots=True)
class Telegram:
    """A bot and the chats that it writes to."""

    token: str = field(repr=False)
    to: str
    managers: dict[str, str] = field(default_factory=dict)
    url: str = API
    at_once: int = 1

    async def send(self, message: Message, poster: Poster) -> None:
        """Posts the text."""
        await poster.post(self.request(message))

    def request(self, message: Message) -> Request:
        """The request; without a parse mode the text is shown as it is."""
        body = {
            "chat_id": self.managers.get(message.manager, self.to),
            "text": message.text,
            "link_preview_options": {"is_disabled": True},
        }
        return Request(f"{self.url}/bot{self.token}/sendMessage", msgspec.json.encode(body), secrets=(self.token,))


def read(keys: Keys) -> Telegram:
    """The channel in the routes file."""
    to = address(keys.found["to"]) if "to" in keys.found else ""
    return Telegram(keys.secret("token"), to, keys.texts("managers"), keys.base_url("url", API))
