"""Messages for the tests."""

from __future__ import annotations

from streamer.notify.message import DEFAULT_SUBJECT, DEFAULT_TEXT, Message, read_template, write
from topics.alerts import Alert, encode_alert


def message(alert: Alert, *, text: str = DEFAULT_TEXT, dashboard: str = "", at_ms: int = 1_767_225_600_000, again: bool = False) -> Message:
    """The message of an alert on the default terms."""
    subject = read_template(DEFAULT_SUBJECT)
    return write(alert, encode_alert(alert), subject, read_template(text), dashboard, at_ms, again=again)
