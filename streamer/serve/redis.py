"""How the view reaches Redis: the settings come in; a client with our scripts and the names of our keys leaves."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError, ResponseError

from streamer.settings import Settings

CONNECT_S_MAX: Final = 2.0
ANSWER_S_MAX: Final = 10.0
CONNECTIONS_MAX: Final = 64
# The form of the keys; a view of another form is built anew.
FORM: Final = "3"

# The client's own types leave open whether it answers with bytes, and whether at once; ours answers with bytes, and is awaited.
Client = Any


def connect(settings: Settings) -> Client:
    """A client; it connects when it is first used, and again after each failure. ValueError when no client takes the address."""
    try:
        pool = _pool(settings)
        pool.make_connection()  # only now the client looks at the options behind the question mark
    except (RedisError, TypeError, ValueError):  # its words may quote the address, and so a password
        raise ValueError("the address has an option that is none of the client's, or a value that it cannot read") from None
    return Redis.from_pool(pool)


def _pool(settings: Settings) -> Any:
    # A socket of the file system knows no keepalive.
    keepalive = {} if settings.redis.startswith("unix:") else {"socket_keepalive": True}
    return BlockingConnectionPool.from_url(
        settings.redis,
        max_connections=CONNECTIONS_MAX,
        timeout=ANSWER_S_MAX,
        socket_connect_timeout=CONNECT_S_MAX,
        socket_timeout=ANSWER_S_MAX,
        retry=Retry(NoBackoff(), 1),
        **keepalive,
    )


def script(client: Client, name: str) -> Client:
    """One of the scripts in `lua/`; Redis runs it whole, with nothing in between."""
    return client.register_script(script_text(name))


def script_text(name: str) -> str:
    """The text of one of the scripts."""
    return files("streamer.serve").joinpath(f"lua/{name}.lua").read_text(encoding="utf-8")


def heed_cancel() -> None:
    """For every turn of a loop that waits for Redis: ends a task that was cancelled although nobody saw it.

    The client writes with `asyncio.wait_for`, which before Python 3.12 forgets a cancellation that comes as the write ends.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def prefix_of(settings: Settings) -> str:
    """What all keys of this application begin with."""
    return f"{settings.app}:"


def words_for(error: Exception) -> str:
    """Why Redis cannot be used, in one line, without an address that may hold a password."""
    # The client takes the last two for failures of the connection.
    if isinstance(error, ResponseError | AuthenticationError | BusyLoadingError):
        return f"Redis refused: {str(error).splitlines()[0][:200]}"
    if isinstance(error, RedisError | OSError | TimeoutError):
        return "Redis does not answer"
    return type(error).__name__


def text(value: Any) -> str:
    """A text that Redis gave; other bytes than UTF-8, which we never write, as replacement characters."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
