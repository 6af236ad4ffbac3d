"""Times of the command line: RFC 3339 or epoch milliseconds come in, epoch milliseconds leave, and words for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime
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


def local_time(time: int | str) -> str:
    """Date and time of day on this machine's clock, of epoch milliseconds or an RFC 3339 time."""
    moment = datetime.fromtimestamp(time / 1000, UTC) if isinstance(time, int) else datetime.fromisoformat(time)
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
