"""How Redis is reached: which addresses can be used, and in which words the user hears that it refuses."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from redis.exceptions import BusyLoadingError, RedisError

from streamer.serve.redis import connect, words_for
from streamer.settings import Settings
from tests.redis import RedisServer


@pytest.mark.parametrize(
    ("redis", "can"),
    [
        ("redis://redis/0", True),
        ("redis://redis/0?health_check_interval=5", True),
        ("rediss://redis/0?ssl_cert_reqs=none", True),
        ("unix:///run/redis.sock?db=1", True),
        ("redis://redis/0?colour=red", False),
        ("redis://redis/0?socket_timeout=long", False),
        ("redis://redis/0?protocol=9", False),
    ],
)
def test_options_of_an_address_are_those_of_the_client(redis: str, can: bool) -> None:
    """What the client cannot do with is known before anything connects."""
    with contextlib.nullcontext() if can else pytest.raises(ValueError, match="an option"):
        connect(Settings(redis=redis))


@pytest.mark.redis
def test_a_password_that_is_missing_or_wrong_is_said() -> None:
    """Who gave no password, or a wrong one, does not hear that Redis does not answer; nor is the password said."""

    async def said(url: str) -> str:
        client = connect(Settings(redis=url))
        try:
            await client.get("a")
        except RedisError as error:
            return words_for(error)
        finally:
            await client.aclose()
        return "ok"

    with RedisServer() as server:

        async def protect() -> None:
            client = connect(Settings(redis=server.url))
            await client.config_set("requirepass", "right-word")
            await client.aclose()

        asyncio.run(protect())
        assert asyncio.run(said(server.url)).startswith("Redis refused: ")
        wrong = asyncio.run(said(server.url.replace("redis://", "redis://:wrong-word@")))
        assert wrong.startswith("Redis refused: ")
        assert "wrong-word" not in wrong
        assert asyncio.run(said(server.url.replace("redis://", "redis://:right-word@"))) == "ok"
    assert words_for(BusyLoadingError("Redis is loading the dataset in memory")).startswith("Redis refused: ")
