"""What a try to deliver can end with besides success: it may work later, or it never will."""

from __future__ import annotations


class LaterError(Exception):
    """It may work later, after at least `after_ms` if the other side said so. The text says why, and holds no secret.

    `in_doubt`: no answer came, so the message may have arrived.
    """

    def __init__(self, why: str, after_ms: int = 0, *, in_doubt: bool = False) -> None:
        super().__init__(why)
        self.after_ms = after_ms
        self.in_doubt = in_doubt


class RefusedError(Exception):
    """It will never work as it is. The text says why, and holds no secret."""
