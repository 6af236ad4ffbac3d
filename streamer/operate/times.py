"""A time on the command line: RFC 3339 with an offset, or epoch milliseconds, comes in; epoch milliseconds leave."""

from __future__ import annotations

import re
from typing import Final

import click

from topics.times import TIME_MS_MAX, parse_rfc3339


class TimeType(click.ParamType):
    """The type of an option that is a time."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Epoch milliseconds, or a usage error that says what was expected."""
        text = str(value)
        time_ms = int(text) if re.fullmatch(r"[0-9]{1,15}", text) else parse_rfc3339(text)
        if time_ms is None or not 0 <= time_ms <= TIME_MS_MAX:
            self.fail(f'expected a time like 2026-11-22T10:00:00Z or epoch milliseconds, got "{text}"', param, ctx)
        return time_ms


TIME: Final = TimeType()
