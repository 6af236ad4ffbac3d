"""The keys of one channel in the routes file -> typed values; secrets come from the environment or from files, never from the YAML.

`${NAME}` in a text stands for an environment variable, `${file:/path}` for what is in a file. A refused value comes back
as an empty one, so that reading goes on; the file is refused as a whole at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from streamer.model.place import Place
from streamer.settings import usable_parts
from topics import limits

Address = TypeVar("Address", str, int)

REFERENCE: Final = re.compile(r"\$\{([^}]*)\}")
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a channel has."""

    found: Mapping[str, Place]
    environ: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        """A text, with its references put in."""
        place = self.found.get(name)
        return default if place is None else self.expanded(place, place.text(longest=limits.URL_CHARS_MAX))

    def secret(self, name: str) -> str:
        """A text that must not stand in the file; empty when the key is not there."""
        place = self.found.get(name)
        if place is None:
            return ""
        if not isinstance(place.value, str) or not REFERENCE.search(place.value):
            place.refuse("expected a reference such as ${NAME} or ${file:/path}, since no secret should stand in this file")
            return ""
        return self.expanded(place, place.value)

    def url(self, name: str, *, is_secret: bool = False) -> str:
        """An http or https address, as it is written."""
        place = self.found.get(name)
        url = "" if place is None else self.secret(name) if is_secret else self.text(name)
        return check_url(place, url) if place is not None and url else ""

    def base_url(self, name: str, default: str = "", *, is_secret: bool = False) -> str:
        """An address that paths are put behind."""
        return self.url(name, is_secret=is_secret).rstrip("/") if name in self.found else default

    def whole(self, name: str, default: int, smallest: int, largest: int) -> int:
        """A whole number."""
        place = self.found.get(name)
        return default if place is None else place.whole(smallest, largest)

    def word(self, name: str, words: tuple[str, ...]) -> str:
        """One of the words; the first when the key is not there."""
        place = self.found.get(name)
        return words[0] if place is None else place.word(words, name)

    def duration_ms(self, name: str, default_ms: int) -> int:
        """A duration such as 1d."""
        place = self.found.get(name)
        return default_ms if place is None else place.duration_ms()

    def user_id(self, name: str) -> int | None:
        """The number of a user in a CRM."""
        place = self.found.get(name)
        return None if place is None else _user_id(place)

    def user_ids(self, name: str) -> dict[str, int]:
        """Managers, as profiles name them, with their numbers in a CRM."""
        return self._managers(name, _user_id)

    def texts(self, name: str) -> dict[str, str]:
        """Managers, as profiles name them, with where messages about their leads go."""
        return self._managers(name, address)

    def _managers(self, name: str, read: Callable[[Place], Address]) -> dict[str, Address]:
        place = self.found.get(name)
        return {} if place is None else {manager: read(one) for manager, one in place.entries().items()}

    def expanded(self, place: Place, text: str) -> str:
        """The text with its references put in; what cannot be is a fault."""

        def value(found: re.Match[str]) -> str:
            try:
                return _referred(found[1], self.environ)
            except LookupError as error:
                place.refuse(str(error.args[0]))
                return ""

        return REFERENCE.sub(value, text)


def address(place: Place) -> str:
    """The address of a person; a number, such as a chat's, keeps its digits."""
    return str(place.value) if isinstance(place.value, int) and not isinstance(place.value, bool) else place.text()


def check_url(place: Place, url: str) -> str:
    """The address, if one can post to it; the fault does not repeat it, since it may hold a secret."""
    parts = usable_parts(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        place.refuse("expected an address such as https://example.com/path")
        return ""
    if parts.username or parts.password:
        place.refuse("expected an address without a user name or password in it")
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        place.doubt("http sends names and telephone numbers unencrypted; use https unless this network is your own")
    return url


def _user_id(place: Place) -> int:
    return place.whole(1, limits.NUMBER_MAX)


def _referred(name: str, environ: Mapping[str, str]) -> str:
    """What a reference stands for; LookupError says why there is nothing."""
    if name.startswith("file:"):
        path = Path(name.removeprefix("file:"))
        try:
            with path.open(encoding="utf-8") as file:
                value = file.read(limits.SECRET_CHARS_MAX + 1).strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise LookupError(f"the file {path} cannot be read: {reason}") from None
        called = f"the file {path}"
    elif VARIABLE.fullmatch(name):
        value = environ.get(name, "")
        called = f"the environment variable {name}"
    else:
        raise LookupError("expected ${NAME} or ${file:/path}")
    if not value:
        raise LookupError(f"{called} is {'empty' if name.startswith('file:') or name in environ else 'not set'}")
    if len(value) > limits.SECRET_CHARS_MAX or any(not char.isprintable() for char in value):
        raise LookupError(f"{called} holds more than one line of at most {limits.SECRET_CHARS_MAX} characters")
    return value
