"""Commands go to Redis one after the other, none waiting for an answer; the answers are taken later, in the same order.

Redis has the next command before it is done with the one before, and whoever makes commands goes on making them meanwhile.
"""

from __future__ import annotations

from typing import Any

from streamer.serve.redis import Client


class Line:
    """A connection of its own; it is made by the first command, and anew after `drop`. Its methods raise RedisError and OSError."""

    def __init__(self, client: Client) -> None:
        self._pool = client.connection_pool
        self._connection: Client = None

    async def send(self, *command: str | bytes | int) -> None:
        """Sends a command; waits only while there is no more room on the way to Redis."""
        if self._connection is None:
            self._connection = await self._pool.get_connection()
        await self._connection.send_packed_command(self._connection.pack_command(*command), check_health=False)

    async def answer(self) -> Any:
        """What Redis answers to the oldest command that was sent and is not answered yet."""
        return await self._connection.read_response()

    async def drop(self) -> None:
        """Forgets what is not answered."""
        if (connection := self._connection) is not None:
            self._connection = None
            await connection.disconnect(nowait=True)
            await self._pool.release(connection)
