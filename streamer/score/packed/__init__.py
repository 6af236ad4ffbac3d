"""The short way of an event: an event and a lead's packed row come in, the packed row after the event leaves.

Most events do to a lead what many did before: rules count on, and nothing is crossed. Such an event needs no row of Python objects:
`module.c` makes the new row of the old one's bytes, the same that the engine makes, or says that the event is the engine's. The engine
does without it where it was not compiled; results are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from streamer.model.spec import Model, Number
from streamer.score.births import Births
from streamer.score.decay import DecayWatch
from streamer.score.numbers import Added, Tally
from streamer.score.packed.models import pack_model
from streamer.score.rules import CompiledRule
from streamer.score.thresholds import Watch

try:
    import streamer.score.packed._packed as _packed
except ImportError:  # not compiled: no compiler was there, or none was wanted
    _packed = None

Moment = tuple[tuple[Number, ...], bytes, list[tuple[int, bytes | None]]]
"""What is left to be said of an event that crosses something: see `unpack_moment`."""
Taken = bytes | tuple[bytes, int | None, Moment | None]
"""The new row, perhaps with the time of a timer to be set, and with what is crossed."""
Take = Callable[..., Taken | None]

VERSION = 7
is_compiled = _packed is not None and _packed.VERSION == VERSION
"""Whether there is a short way."""
packed_evidence: Callable[[bytes, bytes, int, tuple[bytes | None, ...]], bytes | None] | None = _packed.evidence if is_compiled else None
"""The references of a row that a rule holds, as JSON: see `module.c`. None where it was not compiled."""
_decode = msgspec.msgpack.Decoder(dict[str, dict[Any, int | float | None]]).decode
_decode_value = msgspec.msgpack.Decoder().decode


def short_way(
    model: Model,
    rules: Mapping[int, CompiledRule],
    tally: Tally,
    watch: Watch,
    decay: DecayWatch | None,
    births: Births,
    bitten: dict[str, int],
) -> Take | None:
    """What takes events for one model: (row, operations, inputs, topic code, offset, digest of the id, id, occurred_at, now_ms) in; what
    was taken out, or None for what is the engine's. None where all is the engine's.
    """
    if not is_compiled or not tally.is_of_sums_alone:
        return None
    take: Take | None = _packed.take_of(pack_model(model, rules, tally, watch, decay, births), bitten)
    return take


def unpack_moment(moment: Moment) -> tuple[Added, list[tuple[int, Any]]]:
    """What the rules gave before the event, and the keys of those that rose with the values they rose for."""
    sums, categories, risen = moment
    return (list(sums), _decode(categories)), [(key, None if value is None else _decode_value(value)) for key, value in risen]
