"""What call tasks in all CRMs have in common: whose lead it is there, who is to call, and until when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from streamer.notify.keys import Keys
from streamer.notify.message import Message
from streamer.notify.plan import DAY_MS

DIGITS_MAX: Final = 18


@dataclass(frozen=True, slots=True)
class CallTask:
    """How alerts become tasks.

    A lead id that is `entity_prefix` and then digits is the number of an `entity` (a deal, a contact …) in the CRM, and
    the task is attached to it; others get a task of their own. `responsible` is who is to call when the lead's manager is
    not among `managers`.
    """

    entity: str
    entity_prefix: str = ""
    responsible: int | None = None
    managers: dict[str, int] = field(default_factory=dict)
    complete_within_ms: int = DAY_MS

    def entity_id(self, message: Message) -> int | None:
        """The number that the lead has in the CRM; None when it has none."""
        lead_id = message.alert.lead_id
        digits = lead_id.removeprefix(self.entity_prefix)
        is_number = lead_id.startswith(self.entity_prefix) and digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX
        return int(digits) or None if is_number else None

    def user_id(self, message: Message) -> int | None:
        """Who is to call; None leaves that to the CRM."""
        return self.managers.get(message.manager, self.responsible)

    def due_ms(self, message: Message) -> int:
        """Until when."""
        return message.at_ms + self.complete_within_ms


def read_call_task(keys: Keys, entities: tuple[str, ...]) -> CallTask:
    """The keys that all CRMs have; of the entities the first is meant unless the file says another."""
    return CallTask(
        entity=keys.word("entity", entities),
        entity_prefix=keys.text("entity_prefix"),
        responsible=keys.user_id("responsible"),
        managers=keys.user_ids("managers"),
        complete_within_ms=keys.duration_ms("complete_within", DAY_MS),
    )
