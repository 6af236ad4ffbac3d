"""Every setting in one table: the environment (`STREAMER_*`) and flags come in, one checked `Settings` leaves.

A flag wins over the environment, the environment over the default. An empty environment variable counts as not set.
A wrong value and an unknown `STREAMER_*` are a `SettingsError` that names the setting and what was expected.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from topics.limits import APP_CHARS_MAX, PARTITIONS_MAX, TOPIC_PREFIX_CHARS_MAX

PREFIX: Final = "STREAMER_"
LEGAL_IN_TOPIC_NAMES: Final = re.compile(r"[A-Za-z0-9._-]*", re.ASCII)
PORT_MAX: Final = 65535
TOKEN_CHARS_MIN: Final = 12


class SettingsError(Exception):
    """A setting that cannot be used; its text is one line for the user, and names the setting."""


class WrongFlagError(SettingsError):
    """A wrong value that was given as a flag, so it is wrong usage of the command."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. Secrets are left out of `repr`."""

    broker: str = "127.0.0.1:9092"
    app: str = "streamer"
    model: Path = Path("model.yaml")
    partitions: int = 12
    topic_prefix: str = ""
    guarantee: str = "at_least_once"
    redis: str = field(default="redis://127.0.0.1:6379/0", repr=False)
    log: str = "text"
    metrics_port: int | None = None
    serve_host: str = "127.0.0.1"
    serve_port: int = 8080
    serve_token: str | None = field(default=None, repr=False)
    webhook: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "PLAIN"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_password: str | None = field(default=None, repr=False)
    ssl_check_hostname: bool = True

    def topic(self, name: str) -> str:
        """The name that a topic of the contract has on the broker."""
        return self.topic_prefix + name


# Parsers: the text of one setting in, its value out, or ValueError("what was expected")


def _broker(text: str) -> str:
    addresses = [address.strip() for address in text.split(",")]
    for address in addresses:
        host, colon, port = address.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        if not (colon and host and port.isascii() and port.isdigit() and 1 <= int(port) <= PORT_MAX) or (":" in host and not bracketed):
            raise ValueError("host:port or host:port,host:port")
        if re.search(r"[\s/@]", host):
            raise ValueError("host:port or host:port,host:port, without a scheme")
        if not can_be_looked_up(host):
            raise ValueError("host:port or host:port,host:port, with the names of hosts")
    return ",".join(addresses)


def _name(chars_min: int, chars_max: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not chars_min <= len(text) <= chars_max or text in (".", "..") or not LEGAL_IN_TOPIC_NAMES.fullmatch(text):
            raise ValueError(f"{chars_min} to {chars_max} of the characters of Kafka's topic names: letters, digits, '.', '_', '-'")
        return text

    return parse


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        for word in words:
            if text.lower() == word.lower():
                return word
        raise ValueError(" or ".join(words))

    return parse


def _redis(text: str) -> str:
    parts = usable_parts(text)
    if parts is None or parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.path):
        raise ValueError("an address like redis://127.0.0.1:6379/0")
    if parts.scheme != "unix" and not re.fullmatch(r"/?[0-9]*", parts.path):
        raise ValueError("an address like redis://127.0.0.1:6379/0, whose path is the number of the database")
    return text


def _url(text: str) -> str:
    parts = usable_parts(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("an address such as https://example.com/hook, without a user name in it")
    return text


def usable_parts(text: str) -> SplitResult | None:
    """The parts of an address, or None where nothing can be connected to it."""
    try:
        parts = urlsplit(text)
        usable = parts.port != 0 and can_be_looked_up(parts.hostname or "")
    except ValueError:  # of an address in brackets, or of a port
        return None
    return parts if usable and not re.search(r"\s", text) else None


def can_be_looked_up(host: str) -> bool:
    """Whether the name service takes this name: a part of it that is empty or too long is an exception there, not an answer."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return "\0" not in host


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError("the path of a file")
    return Path(text)


def _boolean(text: str) -> bool:
    return _one_of("true", "false")(text) == "true"


def _text(text: str) -> str:
    if not text:
        raise ValueError("a text that is not empty")
    return text


def _host(text: str) -> str:
    host = text.removeprefix("[").removesuffix("]")
    if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", host, re.ASCII) or not can_be_looked_up(host):
        raise ValueError("a host name or an address such as 127.0.0.1")
    return host


def _token(text: str) -> str:
    if len(text) < TOKEN_CHARS_MIN or not text.isascii() or not text.isprintable():
        raise ValueError(f"at least {TOKEN_CHARS_MIN} printable ASCII characters")
    return text


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: the field of `Settings`, how its text is read, and what it is for."""

    name: str
    parse: Callable[[str], object]
    help: str
    metavar: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """The command-line flag; what belongs to one command does not repeat its name."""
        return "--" + self.name.removeprefix("serve_").replace("_", "-")


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("broker", _broker, "Kafka's bootstrap addresses.", "HOST:PORT,…"),
    Setting("app", _name(1, APP_CHARS_MAX), "Name of this scorer: consumer group, changelog topic, alert ids.", "NAME"),
    Setting("model", _path, "The scoring model.", "FILE"),
    Setting("partitions", _number(1, PARTITIONS_MAX), "Partitions of every topic.", "N"),
    Setting("topic_prefix", _name(0, TOPIC_PREFIX_CHARS_MAX), "Put before every topic's name.", "TEXT"),
    Setting("guarantee", _one_of("at_least_once", "exactly_once"), "at_least_once or exactly_once.", "WORD"),
    Setting("redis", _redis, "Where the read side keeps its view.", "URL", secret=True),
    Setting("log", _one_of("text", "json"), "Log lines as text or json, on stderr.", "WORD"),
    Setting("metrics_port", _number(1, PORT_MAX), "Port of /metrics and /health on 127.0.0.1; none when not set.", "PORT"),
    Setting("serve_host", _host, "Address that the API listens on; beyond loopback only with a token.", "HOST"),
    Setting("serve_port", _number(1, PORT_MAX), "Port of the API.", "PORT"),
    Setting("serve_token", _token, "What a reader of the API must know; better in the environment than as a flag.", "TEXT", secret=True),
    Setting("webhook", _url, "Every alert is posted to this address.", "URL", secret=True),
    Setting("webhook_secret", _text, "Signs what is posted there (Standard Webhooks); better in the environment.", "whsec_…", secret=True),
    Setting(
        "security_protocol",
        _one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
        "WORD",
    ),
    Setting("sasl_mechanism", _one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.", "WORD"),
    Setting("sasl_username", _text, "User name for SASL.", "TEXT"),
    Setting("sasl_password", _text, "Password for SASL; better in the environment than as a flag.", "TEXT", secret=True),
    Setting("ssl_cafile", _path, "Certificates to trust (PEM); the system's when not set.", "FILE"),
    Setting("ssl_certfile", _path, "The client's certificate (PEM).", "FILE"),
    Setting("ssl_keyfile", _path, "The key of the client's certificate (PEM).", "FILE"),
    Setting("ssl_password", _text, "Password of the key.", "TEXT", secret=True),
    Setting("ssl_check_hostname", _boolean, "true or false: the broker's certificate must name its host.", "WORD"),
)
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
BY_VARIABLE: Final = {setting.variable: setting for setting in SETTINGS}


def _value(setting: Setting, text: str, called: str, error: type[SettingsError]) -> Any:
    """The value of one setting; `called` is how the user named it, the variable or the flag."""
    try:
        return setting.parse(text)
    except ValueError as expected:
        shown = "the value given" if setting.secret else f'"{text}"'
        raise error(f"{called}: expected {expected}, got {shown}") from None


def from_environment(environ: Mapping[str, str], overrides: Mapping[str, str | None] | None = None) -> Settings:
    """The settings of one run: `overrides` are the texts of flags by the name of their setting, None where not given."""
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and variable not in BY_VARIABLE:
            raise SettingsError(f"{variable}: unknown setting{_near_miss(variable)}")
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        flag_text = (overrides or {}).get(setting.name)
        if flag_text is not None:
            values[setting.name] = _value(setting, flag_text, setting.flag, WrongFlagError)
        elif environ.get(setting.variable):
            values[setting.name] = _value(setting, environ[setting.variable], setting.variable, SettingsError)
    settings = Settings(**values)
    _check_together(settings)
    return settings


def _near_miss(variable: str) -> str:
    near = difflib.get_close_matches(variable.removeprefix(PREFIX).lower(), BY_NAME, n=1, cutoff=0.6)
    return f", did you mean {BY_NAME[near[0]].variable}?" if near else f"; known are {', '.join(BY_VARIABLE)}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_together(settings: Settings) -> None:
    if settings.serve_token is None and not is_loopback(settings.serve_host):
        raise SettingsError(f"{BY_NAME['serve_token'].variable}: needed to listen on {settings.serve_host}, beyond loopback")
    if settings.security_protocol.startswith("SASL"):
        for name in ("sasl_username", "sasl_password"):
            if getattr(settings, name) is None:
                raise SettingsError(f"{BY_NAME[name].variable}: needed with the security protocol {settings.security_protocol}")
    if settings.ssl_keyfile and not settings.ssl_certfile:
        raise SettingsError(f"{BY_NAME['ssl_certfile'].variable}: needed with {BY_NAME['ssl_keyfile'].variable}")
