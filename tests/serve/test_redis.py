"""How Redis is reached: which addresses can be used, and in which words the user hears that it refuses."""

from __future__ import annotations

import contextlib

import pytest

from streamer.serve.redis import connect
from streamer.settings import Settings


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
