"""A record of `lead-scores` comes in; what the view keeps of the lead leaves: its card, its whole state, and where it is found."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
import zstandard

from streamer.serve.words import one_line, text_or_none, words_of
from topics.alerts import Number, Scores
from topics.times import parse_rfc3339

REASONS_ON_CARD: Final = 3
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
    """One record in a batch for the view: what a script of `lua/` reads, in its order, and what it keeps as it is."""

    meta: tuple[Any, ...]
    blobs: tuple[bytes, ...] = ()


_decode: Final = msgspec.json.Decoder(Card).decode
_encode: Final = msgspec.json.Encoder().encode
_compress: Final = zstandard.ZstdCompressor(level=1).compress
_decompressor: Final = zstandard.ZstdDecompressor()


def update_of(offset: int, value: bytes) -> Entry:
    """What the view applies of a lead's state; one of UNREADABLE when it is no such state."""
    card = _decode(value)
    profile = card.profile
    updated_ms = _time_ms(card.updated_at)
    recent_ms = _time_ms(card.last_event_at) if card.last_event_at else updated_ms
    groups = [_fact("stage", card.stage or "")]
    for field in ("city", "manager"):
        text = text_or_none(profile, field)
        if text is not None:
            groups.append(_fact(field, text))
    total = str(card.total)
    numbers = ["", f"total\t{total}"]
    facts = ["", *groups]
    for name, found in card.scores.items():
        if isinstance(found, dict):
            for category, number in found.items():
                facts.append(_fact("category", category))
                numbers.append(f"{name}[{one_line(category)}]\t{number}")
        else:
            numbers.append(f"{name}\t{found}")
    facts += [_fact("rule", reason.rule) for reason in card.reasons]
    facts += [_fact("word", word) for word in words_of(card.lead_id, profile.get("name"), profile.get("company"), profile.get("email"))]
    if len(card.reasons) > REASONS_ON_CARD:
        card.reasons = sorted(card.reasons, key=lambda one: _weight(one, card.scores), reverse=True)[:REASONS_ON_CARD]
    # A rule may give reasons for several categories, a category may have several scores.
    unique = "\n".join(dict.fromkeys(facts)) + "\n"
    meta = (offset, card.lead_id, total, recent_ms, history_point(updated_ms, card.total), unique, "\n".join(numbers) + "\n", groups)
    return Entry(meta, (_encode(card), _compress(value)))


def removal_of(offset: int, lead_id: str, time_ms: int) -> Entry:
    """What the view applies when a lead was erased at this time."""
    return Entry((offset, lead_id, time_ms))


def whole_state(compressed: bytes) -> bytes:
    """The JSON that `update_of` compressed."""
    return _decompressor.decompress(compressed)


def compressed(value: bytes) -> bytes:
    """JSON as the view keeps it where nothing but a reader looks into it."""
    return _compress(value)


def history_point(time_ms: int, total: Number) -> str:
    """`[ms,total],` as JSON of a fixed length, so that the view can cut a lead's history without reading it."""
    return f"[{min(time_ms, LAST_MS):15},{total:12.6g}],"


def split_card(kept: bytes) -> tuple[bytes, bytes]:
    """A lead's card, and its history as items of a JSON list: as `lua/scores.lua` keeps them together."""
    start = kept.index(b"{")
    return kept[start:], kept[: start - 1] if start else b""


@lru_cache(maxsize=100_000)
def _fact(kind: str, value: str) -> str:
    return f"{kind}={one_line(value)}"


def _time_ms(text: str) -> int:
    """Most times are as our scorer writes them, which the standard library reads faster; 0 for what is no time."""
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        return parse_rfc3339(text) or 0


def _weight(reason: Reason, scores: Scores) -> tuple[bool, Number]:
    """What counts for the total comes before what only says which category a lead looks at."""
    return not isinstance(scores.get(reason.score), dict), abs(reason.points)
