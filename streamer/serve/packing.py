"""JSON of many alike states comes in, as the view keeps it where nothing but a reader looks into it leaves; and back.

What states have in common, the names of fields, rules and topics, is in a dictionary that is trained on some of them: a state takes
half the room and half the time. What is packed names its dictionary; packed without one it is read too. The dictionary outlives the
leads that it was trained on, and so it must not hold anything of them: an erased lead has to be gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import zstandard
from msgspec.structs import replace

from topics.alerts import LeadScores, Scores, decode_scores, encode_scores

LEVEL: Final = 1
DICTIONARY_BYTES: Final = 8 * 1024
# Of fewer no useful dictionary comes.
SAMPLES_MIN: Final = 500
PROFILE_FIELDS: Final = {"name", "email", "phone", "job_title", "company", "country", "city", "manager"}


class Packing:
    """A dictionary in use; without one it works as well, only not as tightly."""

    def __init__(self, dictionary: bytes | None = None) -> None:
        shared = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        if shared is not None:
            shared.precompute_compress(level=LEVEL)
        self.number = shared.dict_id() if shared is not None else 0
        """The dictionary's, 0 for none."""
        self.pack = zstandard.ZstdCompressor(level=LEVEL, dict_data=shared).compress
        self.unpack = zstandard.ZstdDecompressor(dict_data=shared).decompress


PLAIN: Final = Packing()


def trained(states: Sequence[bytes]) -> bytes | None:
    """A dictionary for what is like these states; None when too few of them are states."""
    try:
        samples: list[Any] = [sample for state in states if (sample := _sample(state)) is not None]
        return zstandard.train_dictionary(DICTIONARY_BYTES, samples).as_bytes()
    except zstandard.ZstdError:
        return None


def _sample(state: bytes) -> bytes | None:
    try:
        return encode_scores(_impersonal(decode_scores(state)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _impersonal(state: LeadScores) -> LeadScores:
    """The state without what its lead is called, has in its profile, or has done."""
    reasons = [
        replace(reason, value=None if reason.value is None else "", evidence=[replace(one, event_id="") for one in reason.evidence])
        for reason in state.reasons
    ]
    scores: Scores = {name: {} if isinstance(found, dict) else found for name, found in state.scores.items()}
    profile = dict.fromkeys((field for field in state.profile if field in PROFILE_FIELDS), "")
    return replace(state, lead_id="", scores=scores, profile=profile, reasons=reasons)


def number_of(packed: bytes) -> int:
    """The number of the dictionary that something was packed with, 0 for none."""
    return int(zstandard.get_frame_parameters(packed).dict_id)
