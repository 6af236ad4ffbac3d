"""A request to another program comes in; it is posted over HTTP, and what came of it is a return, a `LaterError` or a `RefusedError`.

Redirects are not followed: an address is what the operator wrote. Nothing of an address but its host is ever said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import aiohttp
import msgspec

from streamer.notify.outcome import LaterError, RefusedError
from topics.limits import ANSWER_BYTES_MAX

TIMEOUT_S: Final = 10.0
CONNECT_S: Final = 5.0
# Besides 5xx: too long waited, too early, too many
MAY_WORK_LATER: Final = frozenset({408, 425, 429})
AFTER_MS_MAX: Final = 3_600_000
SAID_CHARS_MAX: Final = 200
# Shorter words of an address are no secret, and stand in many an answer.
PIECE_CHARS_MIN: Final = 6


@dataclass(frozen=True, slots=True)
class Request:
    """A POST of JSON; `secrets` are what must not be said when the other side repeats it."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


class Poster:
    """Posts requests for the length of an `async with` block."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "streamer", "Content-Type": "application/json"},
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._session.close()

    async def post(self, request: Request) -> None:
        """Returns once the other side has said that it has it."""
        host = urlsplit(request.url).hostname
        try:
            async with self._session.post(request.url, data=request.body, headers=request.headers, allow_redirects=False) as answer:
                said = await _said(answer)
                if 200 <= answer.status < 300:
                    return
                why = f"{host} answered {answer.status}{_quoted(said, (*request.secrets, *_pieces(request.url)))}"
                if answer.status >= 500 or answer.status in MAY_WORK_LATER:
                    raise LaterError(why, _after_ms(answer.headers.get("Retry-After"), said))
                raise RefusedError(why + ("; redirects are not followed" if 300 <= answer.status < 400 else ""))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise LaterError(f"{host} cannot be reached: {_words(error)}") from None
        except (aiohttp.InvalidURL, ValueError):
            raise RefusedError(f"the address at {host} is none that can be posted to") from None
        except (aiohttp.ClientError, OSError) as error:
            raise LaterError(f"{host} gave no answer: {_words(error)}", in_doubt=True) from None


async def _said(answer: aiohttp.ClientResponse) -> bytes:
    """The words of the answer; none where they cannot be read, for what it means stands in its status."""
    try:
        return await answer.content.read(ANSWER_BYTES_MAX)
    except (aiohttp.ClientError, OSError):
        return b""


def _pieces(url: str) -> list[str]:
    """What of an address may be a secret when the other side repeats it, whole or in part: all behind the host."""
    behind = url.partition(urlsplit(url).netloc)[2]
    pieces = [behind, *re.split(r"[/?&=#]", behind)]
    pieces += [unquote(piece) for piece in pieces]
    return [piece for piece in pieces if len(piece) >= PIECE_CHARS_MIN]


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"not within {TIMEOUT_S:g} s"
    return error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__


def _quoted(said: bytes, secrets: tuple[str, ...]) -> str:
    text = " ".join(said.decode(errors="replace").split())
    for secret in secrets:
        text = text.replace(secret, "***")
    text = "".join(char for char in text[:SAID_CHARS_MAX] if char.isprintable())
    return f": {text}" if text else ""


def _after_ms(header: str | None, said: bytes) -> int:
    """How long the other side wants to be left alone: Retry-After in seconds or as a date, or Telegram's word for it."""
    if header is None:
        return _asked_in(said)
    try:
        seconds = int(header) if header.isdigit() else (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0
    return max(0, min(AFTER_MS_MAX, round(seconds * 1000)))


def _asked_in(said: bytes) -> int:
    try:
        answer: Any = msgspec.json.decode(said)
        return max(0, min(AFTER_MS_MAX, int(answer["parameters"]["retry_after"]) * 1000))
    except (msgspec.MsgspecError, UnicodeError, LookupError, TypeError, ValueError):
        return 0
