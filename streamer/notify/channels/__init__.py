"""The kinds of channels by the `type` in the routes file; one file for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from streamer.notify.channels import amocrm, bitrix24, email, hubspot, slack, telegram, webhook
from streamer.notify.keys import Keys
from streamer.notify.plan import Sender


class Kind(NamedTuple):
    """One kind of channel: how its keys are read, which there are, and which are needed."""

    read: Callable[[Keys], Sender]
    keys: tuple[str, ...]
    required: tuple[str, ...]


KINDS: Final = {
    "webhook": Kind(webhook.read, ("url", "secret"), ("url",)),
    "slack": Kind(slack.read, ("url",), ("url",)),
    "telegram": Kind(telegram.read, ("token", "to", "managers", "url"), ("token", "to")),
    "email": Kind(email.read, ("host", "port", "tls", "user", "password", "from", "to", "managers"), ("host", "from", "to")),
    "amocrm": Kind(
        amocrm.read, ("url", "token", "responsible", "managers", "entity", "entity_prefix", "complete_within"), ("url", "token")
    ),
    "bitrix24": Kind(
        bitrix24.read, ("url", "responsible", "managers", "entity", "entity_prefix", "complete_within"), ("url", "responsible")
    ),
    "hubspot": Kind(hubspot.read, ("token", "url", "responsible", "managers", "entity", "entity_prefix", "complete_within"), ("token",)),
}
