"""How every client of ours connects: settings in, the options of an aiokafka client out."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)
from aiokafka.helpers import create_ssl_context

from streamer.settings import Settings
from streamer.stream.log import one_line

# How long outputs wait for a broker: as long as nobody ends the worker.
DELIVERY_S_MAX: Final = 7 * 86_400
ADVICE: Final[dict[type[BaseException], str]] = {
    MessageSizeTooLargeError: "the topic must take batches of 512 KiB (max.message.bytes)",
    RecordListTooLargeError: "the topic must take batches of 512 KiB (max.message.bytes)",
    TopicAuthorizationFailedError: "the user needs the rights Describe, Read and Write on the topics",
    GroupAuthorizationFailedError: "the user needs the right Read on the consumer group, which is the name of the app",
}

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
    why = f": {words}" if (words := last_words()) else ""
    return BrokerError(f"no Kafka broker answers at {settings.broker}{why}")


def last_words() -> str:
    """What aiokafka logged last of what went wrong; empty if nothing did."""
    return _log.last_error


def wait_for_broker(producer: AIOKafkaProducer) -> None:
    """Makes a producer wait for a broker that is away, and not give up what it was told to send after the time of one request.

    aiokafka has no setting for that (`delivery.timeout.ms` of the Java client); it never sends anything twice while it waits.
    """
    producer._request_timeout_ms = DELIVERY_S_MAX * 1000
    producer._message_accumulator._batch_ttl = DELIVERY_S_MAX


@contextmanager
def place_of(topic: str, number: int) -> Iterator[None]:
    """Within this block a KafkaError gets to know which partition it is about."""
    try:
        yield
    except KafkaError as error:
        error.add_note(f"topic {topic}, partition {number}")
        raise


def explained(error: BaseException) -> str:
    """What went wrong in one line, and what a user can do about it where that is known."""
    advice = next((text for kind, text in ADVICE.items() if isinstance(error, kind)), "")
    return ": ".join([*getattr(error, "__notes__", ()), one_line(error)]) + (f"; {advice}" if advice else "")


class _LastError(logging.Handler):
    """Keeps the last trouble of aiokafka's log: only there it says why it could not connect, or why it sends again."""

    last_error = ""

    def emit(self, record: logging.LogRecord) -> None:
        why = record.args[-1] if record.args and isinstance(record.args, tuple) else None
        if isinstance(why, type):
            self.last_error = why.__name__
        elif isinstance(why, BaseException | str):
            self.last_error = one_line(why) if isinstance(why, BaseException) else why.split("\n")[0]


_log = _LastError(logging.WARNING)
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
