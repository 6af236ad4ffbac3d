"""A call task in Bitrix24 by an inbound webhook: an activity of the lead's card, or a task where the lead has no card.

crm.activity.todo.add: https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/todo/crm-activity-todo-add.html
tasks.task.add: https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from streamer.notify.channels.call_task import CallTask, read_call_task
from streamer.notify.keys import Keys
from streamer.notify.message import Message
from streamer.notify.post import Poster, Request
from topics.times import format_rfc3339

# https://dev.1c-bitrix.ru/rest_help/crm/constants.php
OWNER_TYPES: Final = {"lead": 1, "deal": 2, "contact": 3, "company": 4}


@dataclass(frozen=True, slots=True)
class Bitrix24:
    """An inbound webhook with the scopes crm and task, such as https://example.bitrix24.com/rest/1/…; its address is the secret."""

    url: str = field(repr=False)
    task: CallTask
    at_once: int = 1

    async def send(self, message: Message, poster: Poster) -> None:
        """Makes the task."""
        await poster.post(self.request(message))

    def request(self, message: Message) -> Request:
        """The request."""
        entity_id = self.task.entity_id(message)
        deadline = f"{format_rfc3339(self.task.due_ms(message))[:19]}+00:00"  # its times have no milliseconds
        user_id = self.task.user_id(message)
        if entity_id is not None:
            method = "crm.activity.todo.add"
            body: dict[str, Any] = {
                "ownerTypeId": OWNER_TYPES[self.task.entity],
                "ownerId": entity_id,
                "deadline": deadline,
                "title": message.subject,
                "description": message.text,
                "responsibleId": user_id,
            }
        else:
            method = "tasks.task.add"
            body = {
                "fields": {"TITLE": message.subject, "DESCRIPTION": message.text, "DEADLINE": deadline, "RESPONSIBLE_ID": user_id},
            }
        return Request(f"{self.url}/{method}", msgspec.json.encode(body), secrets=(self.url.rpartition("/")[2],))


def read(keys: Keys) -> Bitrix24:
    """The channel in the routes file."""
    return Bitrix24(keys.base_url("url", is_secret=True), read_call_task(keys, tuple(OWNER_TYPES)))
