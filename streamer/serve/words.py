"""Texts that a lead is found by: names and ids come in, plain words leave; a question is cut into words in the same way."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from topics.limits import SEARCH_WORD_CHARS_MAX, SEARCH_WORDS_MAX

_WORD: Final = re.compile(r"\w+")


def words_of(lead_id: str, name: object, company: object, email: object) -> tuple[str, ...]:
    """The words of a lead: its id and mail address as they are, the address's host, each word of the names."""
    words = [plain(lead_id)]
    if isinstance(email, str):
        address = plain(email)
        words += [address, address.partition("@")[2]]
    for text in (name, company):
        if isinstance(text, str):
            simple = plain(text).split()
            words += simple
            words += [part for word in simple if not word.isalnum() for part in _WORD.findall(word)]
    # In their order, each once; what is cut off is the end of very long names.
    return tuple(dict.fromkeys([cut(word) for word in words if word]))[:SEARCH_WORDS_MAX]


def asked_words(text: str) -> list[str]:
    """The words of a question; each must begin a word of a lead."""
    return [cut(word) for word in plain(text).split()][:SEARCH_WORDS_MAX]


def plain(text: str) -> str:
    """Small letters without accents: `Żaneta` is found by `zaneta`."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def cut(text: str) -> str:
    """At most as long as a word may be, on one line."""
    return (text if text.isalnum() else one_line(text))[:SEARCH_WORD_CHARS_MAX]


def one_line(text: str) -> str:
    """The text without line breaks and NUL, which the view puts between texts."""
    if text.isprintable() and " " not in text:  # most are so: an id, an address, a name of something
        return text
    return " ".join(text.split()).replace("\0", "")


def text_or_none(profile: dict[str, Any], field: str) -> str | None:
    """A field of a profile if it is a text that is not empty."""
    value = profile.get(field)
    return value if isinstance(value, str) and value else None
