"""A call task in amoCRM (Kommo): POST /api/v4/tasks, https://www.amocrm.ru/developers/content/crm_platform/tasks-api."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from streamer.notify.channels.call_task import CallTask, read_call_task
from streamer.notify.keys import Keys
from streamer.notify.message import Message
from streamer.notify.post import Poster, Request

CALL: Final = 1
ENTITIES: Final = ("leads", "contacts", "companies", "customers")


@dataclass(frozen=True, slots=True)
class AmoCrm:
    """An account, such as https://example.amocrm.ru, and a token of an integration with the right to make tasks."""

    url: str
    token: str = field(repr=False)
    task: CallTask
    at_once: int = 1

    async def send(self, message: Message, poster: Poster) -> None:
        """Makes the task."""
        await poster.post(self.request(message))

    def request(self, message: Message) -> Request:
        """The request; the list in it has this one task, `request_id` comes back in the answer."""
        task: dict[str, Any] = {
            "task_type_id": CALL,
            "text": message.text,
            "complete_till": self.task.due_ms(message) // 1000,
            "request_id": message.alert.alert_id,
        }
        if (user_id := self.task.user_id(message)) is not None:
            task["responsible_user_id"] = user_id
        if (entity_id := self.task.entity_id(message)) is not None:
            task |= {"entity_id": entity_id, "entity_type": self.task.entity}
        headers = {"Authorization": f"Bearer {self.token}"}
        return Request(f"{self.url}/api/v4/tasks", msgspec.json.encode([task]), headers, (self.token,))


def read(keys: Keys) -> AmoCrm:
    """The channel in the routes file."""
    return AmoCrm(keys.base_url("url"), keys.secret("token"), read_call_task(keys, ENTITIES))
