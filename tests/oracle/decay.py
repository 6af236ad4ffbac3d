"""Decay: what a number reaches as a function of time in, the first millisecond at which that changes out."""

from __future__ import annotations

from collections.abc import Callable

LOOKS = 40


def first_change_ms(reached: Callable[[int], object], since_ms: int, until_ms: int) -> int:
    """The first change after `since_ms`, found by looking often and then halving the gap; `until_ms` if there is none before."""
    known = reached(since_ms)
    early_ms = since_ms
    for look in range(1, LOOKS + 1):
        late_ms = since_ms + (until_ms - since_ms) * look**2 // LOOKS**2  # decay is quick at first
        if reached(late_ms) != known:
            while late_ms - early_ms > 1:
                middle_ms = (early_ms + late_ms) // 2
                if reached(middle_ms) == known:
                    early_ms = middle_ms
                else:
                    late_ms = middle_ms
            return late_ms
        early_ms = late_ms
    return until_ms
