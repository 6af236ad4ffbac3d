"""A record of `lead-scores` comes in; what the view keeps of the lead leaves: its card, its whole state, and where it is found."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

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


class Update(msgspec.Struct, array_like=True, gc=False):
    """A lead's newest state in a batch; the fields in their order are what `lua/scores.lua` reads."""

    offset: int
    lead_id: str
    total: str
    recent_ms: int
    points: list[int | str]
    """Offset and history point of each record of the lead in the batch."""
    stage: str
    groups: list[str]
    facts: str
    numbers: str
    card: msgspec.Raw
    state: msgspec.Raw


class Removal(msgspec.Struct, array_like=True, gc=False):
    """A lead that was erased at this time."""

    offset: int
    lead_id: str
    time_ms: int


class Draft:
    """A state that was read, and not yet put into the form of the view: it may be that a newer one of the lead follows."""

    __slots__ = ("_card", "_value", "lead_id", "offset", "points")

    def __init__(self, offset: int, value: bytes) -> None:
        """One of UNREADABLE when it is no state of a lead."""
        self._card = _decode(value)
        self._value = value
        self.offset = offset
        self.lead_id = self._card.lead_id
        self.points: list[int | str] = [offset, history_point(_time_ms(self._card.updated_at), self._card.total)]

    def update(self) -> Update:
        """What the view applies."""
        return _update_of(self.offset, self._card, self._value, self.points)


_decode: Final = msgspec.json.Decoder(Card).decode
_encode: Final = msgspec.json.Encoder().encode
_compress: Final = zstandard.ZstdCompressor(level=1).compress
_decompressor: Final = zstandard.ZstdDecompressor()


def _update_of(offset: int, card: Card, value: bytes, points: list[int | str]) -> Update:
    profile = card.profile
    stage = card.stage or ""
    groups = [_fact(field, text) for field in ("city", "manager") if (text := text_or_none(profile, field)) is not None]
    total = str(card.total)
    numbers = ["", f"total\t{total}"]
    facts = ["", _fact("stage", stage), *groups]
    for name, found in card.scores.items():
        if isinstance(found, dict):
            for category, number in found.items():
                facts.append(_fact("category", category))
                numbers.append(f"{name}[{one_line(category)}]\t{number}")
        else:
            numbers.append(f"{name}\t{found}")
    facts += [_fact("rule", reason.rule) for reason in card.reasons]
    facts += [f"word={word}" for word in words_of(card.lead_id, profile.get("name"), profile.get("company"), profile.get("email"))]
    if len(card.reasons) > REASONS_ON_CARD:
        card.reasons = sorted(card.reasons, key=lambda one: _weight(one, card.scores), reverse=True)[:REASONS_ON_CARD]
    return Update(
        offset,
        card.lead_id,
        total,
        _time_ms(card.last_event_at or card.updated_at),
        points,
        one_line(stage),
        groups,
        # A rule may give reasons for several categories, a category may have several scores.
        "\n".join(dict.fromkeys(facts)) + "\n",
        "\n".join(numbers) + "\n",
        as_packed(_encode(card)),
        as_packed(_compress(value)),
    )


def whole_state(compressed: bytes) -> bytes:
    """The JSON that `update_of` compressed."""
    return _decompressor.decompress(compressed)


def as_packed(value: bytes) -> msgspec.Raw:
    """Bytes as MessagePack's 32-bit string: Redis's reader knows no other form that may hold any bytes."""
    return msgspec.Raw(b"\xdb" + len(value).to_bytes(4, "big") + value)


def compressed(value: bytes) -> bytes:
    """JSON as the view keeps it where nothing but a reader looks into it."""
    return _compress(value)


def history_point(time_ms: int, total: Number) -> str:
    """`[ms,total],` as JSON of a fixed length, so that the view can cut a lead's history without reading it."""
    return f"[{min(time_ms, LAST_MS):15},{total:12.6g}],"


def split_card(kept: bytes) -> tuple[bytes, bytes]:
    """A lead's card, and its history as items of a JSON list: as `lua/scores.lua` keeps them, after the lead's facts and numbers."""
    history = kept.index(b"\0", kept.index(b"\0") + 1) + 1
    start = kept.index(b"{", history)
    return kept[start:], kept[history:start].removesuffix(b",")


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
