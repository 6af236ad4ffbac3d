"""What a request asks for: its parameters come in as texts, checked values leave, or the error that says what was expected."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from streamer.serve.words import asked_words, one_line
from topics.limits import PAGE_MAX, QUERY_CHARS_MAX

PAGE: Final = 50
GROUPS: Final = ("stage", "city", "manager", "category")
NO_STAGE: Final = "none"
# The longest member is of an alert: its id, that of its rule, and the lead's, six characters of JSON for each of theirs at most.
CURSOR_CHARS_MAX: Final = 4_096
# What a cursor of ours orders by; Redis and Lua read fewer forms of a number than Python does.
NUMBER: Final = re.compile(r"-?(\d+(\.\d+)?(e[+-]?\d+)?|inf)", re.ASCII | re.IGNORECASE)


class QueryError(Exception):
    """A parameter that cannot be used; the text is one line for the user and names it."""


class Cursor(NamedTuple):
    """Where a page ended: the number that orders it, and the member that had it."""

    number: str
    member: str


class LeadsQuery(NamedTuple):
    """Which leads, in which order: `by:total`, `by:product[mens]`, `recent`."""

    order: str
    is_falling: bool
    facts: tuple[str, ...]
    limit: int
    after: Cursor | None


class AlertsQuery(NamedTuple):
    """Which alerts; the newest come first."""

    kind: str | None
    id: str | None
    lead: str | None
    limit: int
    after: Cursor | None


LEADS: Final = ("score", "sort", "order", "q", "limit", "cursor", *GROUPS)
ALERTS: Final = ("kind", "id", "lead", "limit", "cursor")


def leads_query(given: Mapping[str, str]) -> LeadsQuery:
    """The query of `/v1/leads`."""
    _check(given, LEADS)
    facts = [f"{group}={one_line(given[group])}" for group in GROUPS if given.get(group)]
    facts = ["stage=" if fact == f"stage={NO_STAGE}" else fact for fact in facts]
    facts += [f"word={word}" for word in dict.fromkeys(asked_words(given.get("q", "")))]
    by_recent = _one_of(given, "sort", "score", "recent") == "recent"
    order = "recent" if by_recent else f"by:{_score(given.get('score') or 'total')}"
    return LeadsQuery(order, _one_of(given, "order", "desc", "asc") == "desc", tuple(facts), _limit(given), _cursor(given))


def alerts_query(given: Mapping[str, str]) -> AlertsQuery:
    """The query of `/v1/alerts`."""
    _check(given, ALERTS)
    kind = _one_of(given, "kind", "", "threshold", "rule", "stage") or None
    rule = one_line(given.get("id", "")) or None
    return AlertsQuery(kind, rule, given.get("lead") or None, _limit(given), _cursor(given))


def written(cursor: Cursor) -> str:
    """The cursor as one word."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _check(given: Mapping[str, str], known: tuple[str, ...]) -> None:
    for name, text in given.items():
        if name not in known:
            raise QueryError(f"{one_line(name)[:50]}: unknown parameter, known are {', '.join(known)}")
        if name != "cursor" and len(text) > QUERY_CHARS_MAX:
            raise QueryError(f"{name}: expected at most {QUERY_CHARS_MAX} characters")


def _one_of(given: Mapping[str, str], name: str, default: str, *others: str) -> str:
    text = given.get(name) or default
    if text != default and text not in others:
        raise QueryError(f"{name}: expected {' or '.join(filter(None, (default, *others)))}")
    return text


def _limit(given: Mapping[str, str]) -> int:
    text = given.get("limit") or str(PAGE)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= PAGE_MAX):
        raise QueryError(f"limit: expected a whole number from 1 to {PAGE_MAX}")
    return int(text)


def _score(text: str) -> str:
    name, bracket, category = text.partition("[")
    return f"{one_line(name)}[{one_line(category.removesuffix(']'))}]" if bracket else one_line(name)


def _cursor(given: Mapping[str, str]) -> Cursor | None:
    text = given.get("cursor")
    if not text:
        return None
    try:
        if len(text) > CURSOR_CHARS_MAX:
            raise ValueError
        number, member = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=tuple[str, str])
        if not NUMBER.fullmatch(number):
            raise ValueError
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise QueryError("cursor: expected the `next` of an earlier page") from None
    return Cursor(number, member)
