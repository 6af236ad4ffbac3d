"""Leads that changed come in; those whose scores may be published now leave, none of them twice in a second."""

from __future__ import annotations

from typing import Final

PUBLISH_MS: Final = 1_000


class Unpublished(set[bytes]):
    """The leads that changed since their scores were published. A set, so that to add one costs a scored event little."""

    def __init__(self) -> None:
        super().__init__()
        self._taken_ms: dict[bytes, int] = {}
        """When leads were taken within the last second; the first of them the longest ago."""

    def take(self, most: int, wall_ms: int | None) -> list[bytes]:
        """Takes up to `most` leads away. With the time now, one that was taken within the last second has to wait."""
        if wall_ms is None:
            return [self.pop() for _ in range(min(most, len(self)))]
        taken_ms = self._taken_ms
        # A time after now is of a clock that was put back since.
        while taken_ms and not wall_ms - PUBLISH_MS < taken_ms[first := next(iter(taken_ms))] <= wall_ms:
            del taken_ms[first]
        taken: list[bytes] = []
        too_soon: list[bytes] = []
        while self and len(taken) < most:
            key = self.pop()
            (too_soon if key in taken_ms else taken).append(key)
        self.update(too_soon)
        taken_ms.update(dict.fromkeys(taken, wall_ms))
        return taken
