"""Payloads of chats and CRMs, held against what their documentation says of each field; the pages are named at each schema."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from streamer.notify.channels.amocrm import AmoCrm
from streamer.notify.channels.bitrix24 import Bitrix24
from streamer.notify.channels.call_task import CallTask
from streamer.notify.channels.hubspot import HubSpot
from streamer.notify.channels.slack import Slack
from streamer.notify.channels.telegram import Telegram
from streamer.notify.message import Message
from streamer.notify.post import Request
from tests.notify.words import message
from tests.operate.test_standings import make_alert
from topics.times import parse_rfc3339

NOW_MS = 1_767_225_600_000
DAY_S = 86_400
ID = {"type": "integer", "minimum": 1}

# https://www.amocrm.ru/developers/content/crm_platform/tasks-api, "Добавление задач": text and complete_till are needed
AMOCRM = {
    "type": "array",
    "minItems": 1,
    "maxItems": 250,
    "items": {
        "type": "object",
        "required": ["text", "complete_till"],
        "additionalProperties": False,
        "properties": {
            "task_type_id": {"const": 1},  # "1 – Звонок"
            "text": {"type": "string", "minLength": 1},
            "complete_till": {"type": "integer", "minimum": 1_000_000_000, "maximum": 9_999_999_999},  # Unix seconds
            "entity_id": ID,
            "entity_type": {"enum": ["leads", "contacts", "companies", "customers"]},
            "responsible_user_id": ID,
            "request_id": {"type": "string"},
        },
        "dependentRequired": {"entity_id": ["entity_type"], "entity_type": ["entity_id"]},
    },
}
BITRIX_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"}
# https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/todo/crm-activity-todo-add.html
BITRIX_ACTIVITY = {
    "type": "object",
    "required": ["ownerTypeId", "ownerId", "deadline"],
    "additionalProperties": False,
    "properties": {
        "ownerTypeId": {"enum": [1, 2, 3, 4]},
        "ownerId": ID,
        "deadline": BITRIX_TIME,
        "title": {"type": "string"},
        "description": {"type": "string"},
        "responsibleId": ID,
    },
}
# https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add.html
BITRIX_TASK = {
    "type": "object",
    "required": ["fields"],
    "additionalProperties": False,
    "properties": {
        "fields": {
            "type": "object",
            "required": ["TITLE", "RESPONSIBLE_ID"],
            "additionalProperties": False,
            "properties": {
                "TITLE": {"type": "string", "minLength": 1},
                "DESCRIPTION": {"type": "string"},
                "DEADLINE": BITRIX_TIME,
                "RESPONSIBLE_ID": ID,
            },
        }
    },
}
# https://developers.hubspot.com/docs/api/crm/tasks
HUBSPOT = {
    "type": "object",
    "required": ["properties"],
    "additionalProperties": False,
    "properties": {
        "properties": {
            "type": "object",
            "required": ["hs_timestamp"],
            "additionalProperties": False,
            "properties": {
                "hs_timestamp": {"type": "integer", "minimum": 1_000_000_000_000},  # Unix milliseconds
                "hs_task_subject": {"type": "string"},
                "hs_task_body": {"type": "string"},
                "hs_task_status": {"enum": ["NOT_STARTED", "COMPLETED"]},
                "hs_task_priority": {"enum": ["LOW", "MEDIUM", "HIGH"]},
                "hs_task_type": {"const": "CALL"},
                "hubspot_owner_id": {"type": "string", "pattern": "^[0-9]+$"},
            },
        },
        "associations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["to", "types"],
                "properties": {
                    "to": {"type": "object", "required": ["id"], "properties": {"id": ID}},
                    "types": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["associationCategory", "associationTypeId"],
                            "properties": {
                                "associationCategory": {"const": "HUBSPOT_DEFINED"},
                                "associationTypeId": {"enum": [192, 204, 216]},
                            },
                        },
                    },
                },
            },
        },
    },
}
TASK = CallTask("x", "crm-", 7, {"anna": 8}, DAY_S * 1000)


def lead(lead_id: str = "crm-42", manager: str = "") -> Message:
    """A message about a lead."""
    return message(make_alert(lead_id=lead_id, profile={"name": "A & <b>", "manager": manager}), at_ms=NOW_MS)


def body(request: Request, schema: Any) -> Any:
    """The body of a request that fits the schema."""
    found = orjson.loads(request.body)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(found)
    return found


def of(entity: str) -> CallTask:
    """A call task for a lead that is such an entity."""
    return CallTask(entity, TASK.entity_prefix, TASK.responsible, TASK.managers, TASK.complete_within_ms)


@pytest.mark.parametrize("entity", ["leads", "contacts", "companies", "customers"])
def test_amocrm(entity: str) -> None:
    """A call task on the entity that the lead id names, for the manager, due within a day."""
    channel = AmoCrm("https://example.amocrm.ru", "TOKEN", of(entity))
    request = channel.request(lead(manager="anna"))
    (task,) = body(request, AMOCRM)
    assert (task["entity_id"], task["entity_type"], task["responsible_user_id"]) == (42, entity, 8)
    assert task["complete_till"] == NOW_MS // 1000 + DAY_S
    assert (request.url, request.headers) == ("https://example.amocrm.ru/api/v4/tasks", {"Authorization": "Bearer TOKEN"})


@pytest.mark.parametrize("lead_id", ["42", "crm-", "crm-4x", "crm-٤٢", "crm-0", "crm-" + "9" * 30, "other-42"])
def test_lead_that_the_crm_does_not_know(lead_id: str) -> None:
    """A lead id that is not the prefix and a number makes a task of its own, with who it is in its text."""
    (task,) = body(AmoCrm("https://x", "T", TASK).request(lead(lead_id)), AMOCRM)
    assert "entity_id" not in task
    assert lead_id in task["text"]
    assert "associations" not in body(HubSpot("T", TASK).request(lead(lead_id)), HUBSPOT)
    assert body(Bitrix24("https://x/rest/1/c", TASK).request(lead(lead_id)), BITRIX_TASK)["fields"]["RESPONSIBLE_ID"] == 7


@pytest.mark.parametrize(("entity", "number"), [("lead", 1), ("deal", 2), ("contact", 3), ("company", 4)])
def test_bitrix24(entity: str, number: int) -> None:
    """An activity in the card that the lead id names; its deadline is a day later."""
    request = Bitrix24("https://b.example/rest/1/code", of(entity)).request(lead())
    found = body(request, BITRIX_ACTIVITY)
    assert (found["ownerTypeId"], found["ownerId"], found["responsibleId"]) == (number, 42, 7)
    assert parse_rfc3339(found["deadline"]) == NOW_MS + DAY_S * 1000
    assert request.url == "https://b.example/rest/1/code/crm.activity.todo.add"
    assert request.secrets == ("code",)


@pytest.mark.parametrize(("entity", "number"), [("contact", 204), ("company", 192), ("deal", 216)])
def test_hubspot(entity: str, number: int) -> None:
    """A call task for the owner, linked to the record that the lead id names; its text is no markup."""
    request = HubSpot("TOKEN", of(entity)).request(lead())
    found = body(request, HUBSPOT)
    assert found["associations"][0]["to"] == {"id": 42}
    assert found["associations"][0]["types"][0]["associationTypeId"] == number
    assert (found["properties"]["hs_task_type"], found["properties"]["hubspot_owner_id"]) == ("CALL", "7")
    assert found["properties"]["hs_timestamp"] == NOW_MS + DAY_S * 1000
    assert "A &amp; &lt;b&gt;" in found["properties"]["hs_task_body"]
    assert request.url == "https://api.hubapi.com/crm/v3/objects/tasks"


def test_slack_mentions_nobody() -> None:
    """What a profile says cannot mention a channel or hide a link in Slack."""
    alert = make_alert(profile={"name": "<!channel> & <https://evil.example|click>"})
    found = orjson.loads(Slack("https://hooks.example/x").request(message(alert)).body)
    assert set(found) == {"text", "mrkdwn"}
    assert "<" not in found["text"]
    assert "&lt;!channel&gt; &amp; " in found["text"]


def test_telegram() -> None:
    """The chat is the manager's, or the common one; no parse mode, so text is text; the token is a secret."""
    channel = Telegram("12:AB", "-100", {"anna": "55"})
    request = channel.request(message(make_alert(profile={"manager": "anna", "name": "<b>*x*"})))
    found = orjson.loads(request.body)
    assert set(found) == {"chat_id", "text", "link_preview_options"}  # https://core.telegram.org/bots/api#sendmessage
    assert (found["chat_id"], "<b>*x*" in found["text"]) == ("55", True)
    assert len(found["text"]) <= 4096
    assert orjson.loads(channel.request(message(make_alert())).body)["chat_id"] == "-100"
    assert request.url == "https://api.telegram.org/bot12:AB/sendMessage"
    assert request.secrets == ("12:AB",)


def test_secrets_are_not_shown() -> None:
    """The description of a channel, as it may come into a log, holds no secret."""
    channels = [
        AmoCrm("https://x", "SECRET", TASK),
        Bitrix24("https://x/SECRET", TASK),
        HubSpot("SECRET", TASK),
        Slack("https://x/SECRET"),
        Telegram("SECRET", "1"),
    ]
    assert "SECRET" not in repr(channels)
