"""How every client of ours connects: settings in, the options of an aiokafka client out."""

from __future__ import annotations

import logging
import ssl
from typing import Any, Final

from aiokafka.helpers import create_ssl_context

from streamer.settings import Settings

# How old a client's knowledge of the partitions' leaders may be. aiokafka asks anew when a fetch or a send meets a broker that does
# not lead any more, but not when a position without a committed offset is looked up: until this age it fetches nothing from that broker.
METADATA_MS_MAX: Final = 5_000


class BrokerError(Exception):
    """The broker cannot be used as asked; its text is one line for the user."""


def client_options(settings: Settings) -> dict[str, Any]:
    """The options that every aiokafka client takes: addresses, TLS and SASL. BrokerError when a TLS file cannot be used."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.broker.split(","),
        "client_id": settings.app,
        "security_protocol": settings.security_protocol,
        "metadata_max_age_ms": METADATA_MS_MAX,
    }
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    return options


def unreachable(settings: Settings) -> BrokerError:
    """The error for a broker that gives no answer."""
    why = f": {_log.last_error}" if _log.last_error else ""
    return BrokerError(f"no Kafka broker answers at {settings.broker}{why}")


class _LastError(logging.Handler):
    """Keeps the last error of aiokafka's log: only there it says why it could not connect."""

    last_error = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR and record.args:
            self.last_error = str(record.args[-1] if isinstance(record.args, tuple) else "").split("\n")[0]


_log = _LastError()
logging.getLogger("aiokafka").addHandler(_log)


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    for path in (settings.ssl_cafile, settings.ssl_certfile, settings.ssl_keyfile):
        if path is not None and not path.is_file():
            raise BrokerError(f"{path}: no such file")
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=_text(settings.ssl_cafile),
            certfile=_text(settings.ssl_certfile),
            keyfile=_text(settings.ssl_keyfile),
            password=settings.ssl_password,
        )
    except (ssl.SSLError, OSError) as error:
        raise BrokerError(f"the TLS certificate or key cannot be used: {error}") from None
    context.check_hostname = settings.ssl_check_hostname
    return context


def _text(path: object) -> str | None:
    return None if path is None else str(path)
