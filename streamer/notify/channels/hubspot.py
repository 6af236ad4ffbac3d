"""A call task in HubSpot: POST /crm/v3/objects/tasks, https://developers.hubspot.com/docs/api/crm/tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from streamer.notify.channels.call_task import CallTask, read_call_task
from streamer.notify.keys import Keys
from streamer.notify.message import Message
from streamer.notify.post import Poster, Request

API: Final = "https://api.hubapi.com"
# What HubSpot calls the link from a task to each: https://developers.hubspot.com/docs/api/crm/associations
ASSOCIATIONS: Final = {"contact": 204, "company": 192, "deal": 216}


@dataclass(frozen=True, slots=True)
class HubSpot:
    """A token of a private app with the right to write tasks."""

    token: str = field(repr=False)
    task: CallTask
    url: str = API
    at_once: int = 1

    async def send(self, message: Message, poster: Poster) -> None:
        """Makes the task."""
        await poster.post(self.request(message))

    def request(self, message: Message) -> Request:
        """The request; the task's due date is its timestamp."""
        properties: dict[str, Any] = {
            "hs_timestamp": self.task.due_ms(message),
            "hs_task_subject": message.subject,
            "hs_task_body": message.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>"),
            "hs_task_status": "NOT_STARTED",
            "hs_task_priority": "HIGH",
            "hs_task_type": "CALL",
        }
        if (user_id := self.task.user_id(message)) is not None:
            properties["hubspot_owner_id"] = str(user_id)
        task: dict[str, Any] = {"properties": properties}
        if (entity_id := self.task.entity_id(message)) is not None:
            link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": ASSOCIATIONS[self.task.entity]}
            task["associations"] = [{"to": {"id": entity_id}, "types": [link]}]
        headers = {"Authorization": f"Bearer {self.token}"}
        return Request(f"{self.url}/crm/v3/objects/tasks", msgspec.json.encode(task), headers, (self.token,))


def read(keys: Keys) -> HubSpot:
    """The channel in the routes file."""
    return HubSpot(keys.secret("token"), read_call_task(keys, tuple(ASSOCIATIONS)), keys.base_url("url", API))
