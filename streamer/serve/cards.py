"""A record of `lead-scores` comes in; what the view keeps of the lead leaves: its card, its whole state, and where it is found."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from streamer.serve.packing import Packing
from streamer.serve.words import one_line, text_or_none, words_of
from topics.alerts import Number, Scores
from topics.times import parse_rfc3339

REASONS_ON_CARD: Final = 3
GROUPS: Final = ("city", "manager")
NUL: Final = "\0"
LAST_MS: Final = 10**15 - 1
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)


class Reason(msgspec.Struct, gc=False, omit_defaults=True):
    """A reason without its evidence."""

    rule: str
    score: str
    points: Number
    times: int
    value: str | int | float | bool | None = None


class Card(msgspec.Struct, kw_only=True, gc=False):
    """A lead in a list: its newest state with the reasons that weigh most."""

    lead_id: str
    total: Number
    scores: Scores
    stage: str | None
    updated_at: str
    first_seen_at: str
    last_event_at: str | None
    events: int
    alerts: int
    profile: dict[str, Any]
    reasons: list[Reason]


class Entry(NamedTuple):
    """One lead or alert in a batch for the view: what a script of `lua/` reads, in its order, and what it keeps as it is."""

    meta: tuple[Any, ...]
    blobs: tuple[bytes, ...] = ()


class Removal(NamedTuple):
    """A lead that was erased at this time."""

    offset: int
    lead_id: str
    time_ms: int

    def entry(self, _: Packing) -> Entry:
        """What the view applies."""
        return Entry(self)


class Draft:
    """A state that was read, and not yet put into the form of the view: it may be that a newer one of the lead follows."""

    __slots__ = ("_card", "_updated_ms", "_value", "lead_id", "offset", "points")

    def __init__(self, offset: int, value: bytes) -> None:
        """One of UNREADABLE when it is no state of a lead."""
        self._card = _decode(value)
        self._value = value
        self.offset = offset
        self.lead_id = self._card.lead_id
        self._updated_ms = _time_ms(self._card.updated_at)
        self.points: list[int | str] = [offset, history_point(self._updated_ms, self._card.total)]

    def entry(self, packing: Packing) -> Entry:
        """What the view applies."""
        card, recent_ms = self._card, self._updated_ms
        if card.last_event_at and card.last_event_at != card.updated_at:
            recent_ms = _time_ms(card.last_event_at)
        meta = (self.offset, card.lead_id, str(card.total), recent_ms, self.points, *_found_by(card))
        if len(card.reasons) > REASONS_ON_CARD:
            card.reasons = _heaviest(card)
        # The card says what the state says: packed with it, it takes hardly any room, and no time of the script.
        return Entry(meta, (packing.pack(_encode(card) + b"\n" + self._value),))


_decode: Final = msgspec.json.Decoder(Card).decode
_encode: Final = msgspec.json.Encoder().encode


def _found_by(card: Card) -> tuple[str, list[str], list[str], str]:
    """What a lead is found by and put in order by: its stage, its city and manager, its scores by name, and all its facts.

    The facts are as the view keeps them: each in a line, with an empty one before them; then a NUL, when the lead began, and a NUL.
    """
    profile = card.profile
    stage = _fact("stage", card.stage or "")
    groups = [_fact(field, text) for field in GROUPS if (text := text_or_none(profile, field)) is not None]
    facts, by = [stage, *groups], ["by=total"]
    numbers = ["total", str(card.total)]
    for name, found in card.scores.items():
        if isinstance(found, dict):
            for category, number in found.items():
                one = _in_category(name, category)
                numbers += (one.name, str(number))
                facts.append(one.category)
                by.append(one.by)
        else:
            numbers += (name, str(found))
            by.append(_fact("by", name))
    facts += by
    facts += [_fact("rule", reason.rule) for reason in card.reasons]
    words = words_of(card.lead_id, profile.get("name"), profile.get("company"), profile.get("email"))
    # A rule may give reasons for several categories, a category may have several scores.
    lines = "\n".join(dict.fromkeys(facts)) + "\nword=".join(("", *words))
    return stage, groups, numbers, f"\n{lines}\n\0{card.first_seen_at.replace(NUL, '')}\0"


def _heaviest(card: Card) -> list[Reason]:
    """What counts for the total comes before what only says which category a lead looks at."""
    by_category = {name for name, found in card.scores.items() if isinstance(found, dict)}
    heaviest = sorted([one for one in card.reasons if one.score not in by_category], key=_weight, reverse=True)
    if len(heaviest) < REASONS_ON_CARD:
        heaviest += sorted([one for one in card.reasons if one.score in by_category], key=_weight, reverse=True)
    return heaviest[:REASONS_ON_CARD]


def _weight(reason: Reason) -> Number:
    return abs(reason.points)


def history_point(time_ms: int, total: Number) -> str:
    """`[ms,total],` as JSON of a fixed length, so that the view can cut a lead's history without reading it."""
    return f"[{min(time_ms, LAST_MS):15},{total:12.6g}],"


def split_history(kept: bytes) -> bytes:
    """A lead's history as items of a JSON list: as `lua/scores.lua` keeps it, after the lead's facts and when it began."""
    return kept[kept.rindex(b"\0") + 1 :].removesuffix(b",")


def split_card(unpacked: bytes) -> tuple[bytes, bytes]:
    """A lead's card and its whole state, each as JSON."""
    card, _, state = unpacked.partition(b"\n")
    return card, state


class InCategory(NamedTuple):
    """A score of a category: how it is called, and the facts of a lead that has it."""

    name: str
    category: str
    by: str


@lru_cache(maxsize=100_000)
def _in_category(score: str, category: str) -> InCategory:
    name = f"{score}[{one_line(category)}]"
    return InCategory(name, _fact("category", category), _fact("by", name))


@lru_cache(maxsize=100_000)
def _fact(kind: str, value: str) -> str:
    return f"{kind}={one_line(value)}"


def _time_ms(text: str) -> int:
    """Most times are as our scorer writes them, which the standard library reads faster; 0 for what is no time."""
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        return parse_rfc3339(text) or 0
