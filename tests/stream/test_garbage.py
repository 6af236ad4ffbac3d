"""The worker's garbage."""

from __future__ import annotations

import gc
import weakref

from streamer.stream import garbage


class Knot:
    """Something that refers to itself: no count of references frees it."""

    def __init__(self) -> None:
        self.own = self


def test_what_refers_to_itself_goes_when_it_is_collected_and_not_before() -> None:
    """The collector does not look while records are scored; a collection frees what nothing uses."""
    garbage.take_over()
    try:
        knot = weakref.ref(Knot())
        assert not gc.isenabled()
        assert knot() is not None
        garbage.collect()
        assert knot() is None
    finally:
        gc.unfreeze()
        gc.enable()
