"""An alert and a template come in, the words of a notification leave.

A template is text with words in braces, such as `{who}`. A line whose words are all empty is left out, so that a lead
without a phone number has no line for it. What stands in a profile is shown on one line, whatever it holds.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from streamer.words import change, headline, main_reasons, who
from topics.alerts import Alert
from topics.limits import NOTIFICATION_CHARS_MAX, NOTIFICATION_VALUE_CHARS_MAX

DEFAULT_SUBJECT: Final = "{headline}: {who}"
DEFAULT_TEXT: Final = """\
{headline}: {who}
{change}
to do: {action}
because {reasons}
phone {phone}
e-mail {email}
manager {manager}
{link}"""
AGAIN: Final = "(may be a repeat: the notifier was interrupted while it sent this)"

OF_PROFILE: Final = ("name", "email", "phone", "job_title", "company", "country", "city", "manager")
OF_ALERT: Final = ("alert_id", "lead_id", "kind", "id", "direction", "score", "before", "after", "at", "total", "stage", "value")
IN_WORDS: Final = ("headline", "change", "who", "reasons", "action", "link", "occurred_at", "model_version")
WORDS: Final = (*IN_WORDS, *OF_ALERT, *OF_PROFILE)


class TemplateError(ValueError):
    """A template that cannot be filled; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with words in braces. Read it with `read_template`."""

    lines: tuple[tuple[tuple[str, str | None], ...], ...]

    def fill(self, values: dict[str, str]) -> str:
        """The text, without the lines that would say nothing."""
        filled = []
        for line in self.lines:
            words = [word for _, word in line if word is not None]
            if not words or any(values[word] for word in words):
                filled.append("".join(plain + ("" if word is None else values[word]) for plain, word in line))
        return "\n".join(filled)


def read_template(text: str) -> Template:
    """The template in a text; TemplateError for braces that are no word of an alert."""
    return Template(tuple(tuple(_parts(line)) for line in text.splitlines()))


def _parts(line: str) -> list[tuple[str, str | None]]:
    try:
        parsed = list(string.Formatter().parse(line))
    except ValueError as error:
        raise TemplateError(f"braces that do not fit: {error}; write {{{{ for a brace") from None
    parts: list[tuple[str, str | None]] = []
    for plain, word, form, conversion in parsed:
        if word is not None and (word not in WORDS or form or conversion):
            raise TemplateError(f"unknown word {{{word}}}, expected one of {', '.join(WORDS)}")
        parts.append((plain, word))
    return parts


@dataclass(frozen=True, slots=True)
class Message:
    """One alert for one channel. `body` is the alert's JSON as it was published; `at_ms` is when it is sent."""

    alert: Alert
    body: bytes
    subject: str
    text: str
    at_ms: int

    @property
    def manager(self) -> str:
        """Whose lead it is; empty when nobody's."""
        return manager_of(self.alert)


def manager_of(alert: Alert) -> str:
    """The manager in the lead's profile; empty when there is none."""
    return _plain(alert.profile.get("manager"))


def write(alert: Alert, body: bytes, subject: Template, text: Template, dashboard: str, at_ms: int, *, again: bool) -> Message:
    """The message of an alert; `again` says in it that it may be a repeat, `dashboard` is the address that links begin with."""
    values = _values(alert, dashboard)
    lines = [text.fill(values), *([AGAIN] if again else [])]
    return Message(alert, body, _cut(subject.fill(values).replace("\n", " "), 250), _cut("\n".join(lines), NOTIFICATION_CHARS_MAX), at_ms)


def _values(alert: Alert, dashboard: str) -> dict[str, str]:
    values = {name: _plain(getattr(alert, name)) for name in (*OF_ALERT, "action", "occurred_at", "model_version")}
    values |= {name: _plain(alert.profile.get(name)) for name in OF_PROFILE}
    values |= {
        "headline": _plain(headline(alert)),
        "change": _plain(change(alert)),
        "who": _plain(who(alert.lead_id, alert.profile)),
        "reasons": _plain(main_reasons(alert.reasons, alert.scores, alert.score)),
        "link": f"{dashboard}/leads/{quote(alert.lead_id, safe='')}" if dashboard else "",
    }
    return values


def _plain(value: object) -> str:
    """A value on one line; nothing in it moves a cursor or begins a header."""
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return _cut(" ".join("".join(char if char.isprintable() else " " for char in text).split()), NOTIFICATION_VALUE_CHARS_MAX)


def _cut(text: str, chars_max: int) -> str:
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"
