"""JSON of many alike states comes in, as the view keeps it where nothing but a reader looks into it leaves; and back.

What states have in common, the names of fields, rules and topics, is in a dictionary that is trained on some of them: a state takes
half the room and half the time. What is packed names its dictionary; packed without one it is read too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import zstandard

LEVEL: Final = 1
DICTIONARY_BYTES: Final = 8 * 1024
# Of fewer no useful dictionary comes.
SAMPLES_MIN: Final = 500


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


def trained(samples: Sequence[bytes]) -> bytes | None:
    """A dictionary for what is like the samples; None when they have nothing in common."""
    try:
        return zstandard.train_dictionary(DICTIONARY_BYTES, list(samples)).as_bytes()
    except zstandard.ZstdError:
        return None


def number_of(packed: bytes) -> int:
    """The number of the dictionary that something was packed with, 0 for none."""
    return int(zstandard.get_frame_parameters(packed).dict_id)
