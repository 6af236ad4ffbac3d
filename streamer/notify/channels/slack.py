"""Slack's incoming webhooks, and what understands them, such as Mattermost and Rocket.Chat."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from streamer.notify.keys import Keys
from streamer.notify.message import Message
from streamer.notify.post import Poster, Request


@dataclass(frozen=True, slots=True)
class Slack:
    """One incoming webhook; its address is the secret."""

    url: str = field(repr=False)
    at_once: int = 1

    async def send(self, message: Message, poster: Poster) -> None:
        """Posts the text."""
        await poster.post(self.request(message))

    def request(self, message: Message) -> Request:
        """The request. A profile can mention nobody: what Slack takes for markup is plain text."""
        text = message.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return Request(self.url, msgspec.json.encode({"text": text, "mrkdwn": False}))


def read(keys: Keys) -> Slack:
    """The channel in the routes file."""
    return Slack(keys.url("url", is_secret=True))
