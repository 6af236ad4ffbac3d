"""The path of a file that a user wrote -> its text, or the one fault why it cannot be read."""

from __future__ import annotations

from pathlib import Path

from streamer.model.faults import Fault, ModelError


def read_file(path: Path, what: str, bytes_max: int) -> str:
    """The text of a file of at most `bytes_max` bytes of UTF-8; `what` names it in the fault. Raises ModelError."""
    source = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _refusal(source, f"{what} cannot be read: {reason}") from None
    if len(content) > bytes_max:
        raise too_large(source, what, bytes_max)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise _refusal(source, f"not UTF-8: the byte 0x{content[error.start]:02x} is no part of a character", line, column) from None


def too_large(source: str, what: str, bytes_max: int) -> ModelError:
    """The refusal of what is larger than it may be."""
    return _refusal(source, f"{what} is larger than {bytes_max // 1024} KiB")


def _refusal(source: str, message: str, line: int = 0, column: int = 0) -> ModelError:
    return ModelError((Fault(source, line, column, "", message),))
