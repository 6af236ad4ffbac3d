"""Records of one partition come in, as they are read from Kafka; batches for the view leave, with each lead at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from streamer.serve.cards import Draft, Entry, Removal
from streamer.serve.packing import Packing

# One script call holds Redis for a few milliseconds at most: the API waits behind it.
BATCH_MAX: Final = 100


class Batch(NamedTuple):
    """What the view applies in one go: the entries of the records before the offset `after`, on top of the one `believed` applied."""

    place: str
    believed: int
    after: int
    entries: Sequence[Entry]


def score_batches(
    place: str, believed: int, records: Iterable[Any], read: Callable[[Any], Draft | Removal | None], packing: Packing
) -> Iterator[Batch]:
    """Batches of lead-scores. `read` gives None for a record that is left out.

    Of several states of a lead in a batch only the newest is worked out, with the history of all.
    """
    newest: dict[str, Draft | Removal] = {}
    after = believed
    for record in records:
        found = read(record)
        if found is not None:
            before = newest.get(found.lead_id)
            # What comes after an erasure is a new lead.
            if len(newest) == BATCH_MAX or isinstance(before, Removal):
                yield Batch(place, believed, after, _entries(newest, packing))
                newest, believed, before = {}, after, None
            if isinstance(found, Draft) and isinstance(before, Draft):
                found.points = before.points + found.points
            newest[found.lead_id] = found
        after = record.offset + 1
    if after > believed:
        yield Batch(place, believed, after, _entries(newest, packing))


def score_of(record: Any) -> Draft | Removal | None:
    """What a record of lead-scores says of its lead, None for one of nobody; one of UNREADABLE when it is no such record."""
    if record.value is not None:
        return Draft(record.offset, record.value)
    return None if record.key is None else Removal(record.offset, record.key.decode(), record.timestamp)


def alert_batches(place: str, believed: int, records: Sequence[Any], read: Callable[[Any], Entry | None]) -> Iterator[Batch]:
    """Batches of lead-alerts."""
    for start in range(0, len(records), BATCH_MAX):
        part = records[start : start + BATCH_MAX]
        after = part[-1].offset + 1
        yield Batch(place, believed, after, [told for record in part if (told := read(record)) is not None])
        believed = after


def _entries(newest: dict[str, Draft | Removal], packing: Packing) -> list[Entry]:
    return [found.entry(packing) for found in newest.values()]
