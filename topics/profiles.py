"""Profile records in, flat profiles or refusals out (contract, section 2). An empty value removes the profile."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from topics import limits
from topics.reading import check_lead, check_time, json_type, read_object
from topics.rejects import Reason, Refusal

Profile = dict[str, str | int | float | bool]

_WHOLE_MAX = 2**63 - 1
ALWAYS_KEPT = ("name", "email", "phone", "job_title", "company", "country", "city", "manager")


class ProfileReader:
    """Reads `lead-profiles`, and keeps of each what people look at and what the scoring model uses."""

    def __init__(self, used: Iterable[str] = ()) -> None:
        self._kept = tuple(dict.fromkeys((*ALWAYS_KEPT, *sorted(used))))

    def read(self, key: bytes | None, value: bytes | None, timestamp_ms: int) -> Profile | Refusal:
        """The kept fields, strings cut at 256 characters; `{}` when the record removes the profile.

        A profile has no time but the record's, which moves the clock: one that no event may have is refused here too.
        """
        if not value:
            found = read_object(key, b"{}", limits.PROFILE_BYTES_MAX)
        else:
            found = read_object(key, value, limits.PROFILE_BYTES_MAX)
        if isinstance(found, Refusal):
            return found
        lead_id, fields = found
        return check_lead(lead_id, fields) or check_time({}, timestamp_ms, "timestamp") or _check_flat(fields) or self._keep(fields)

    def _keep(self, fields: dict[str, Any]) -> Profile:
        kept: Profile = {}
        for name in self._kept:
            value = fields.get(name)
            if type(value) is str:
                kept[name] = value[: limits.PROFILE_VALUE_CHARS_MAX]
            elif type(value) is int and abs(value) > _WHOLE_MAX:
                kept[name] = str(value)[: limits.PROFILE_VALUE_CHARS_MAX]  # a row cannot keep it as a number
            elif value is not None:
                kept[name] = value
        return kept


def _check_flat(fields: dict[str, Any]) -> Refusal | None:
    for name, value in fields.items():
        if isinstance(value, (dict, list)):
            return Refusal(Reason.BAD_FIELD, f"{name}: expected a string, a number, a boolean or null, got {json_type(value)}")
        if type(value) is float and not math.isfinite(value):
            return Refusal(Reason.BAD_FIELD, f"{name}: the number is out of range")
    return None
