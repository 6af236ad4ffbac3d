"""The Faust app: the seam as its transport, and one agent over all input topics. Chunks come in, the scorer gets them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import faust
from faust.serializers.schemas import Schema

from streamer.settings import Settings
from streamer.stream.consumer import Transport
from streamer.stream.scorer import Scorer
from topics.registry import Topic

# Chunks that wait for the agent, over all partitions: more would only make live events wait behind a backlog.
CHUNKS_WAITING_MAX: Final = 2
OFFSETS_COMMIT_S: Final = 1.0
# A seek that takes longer, in a process that stood still meanwhile say, would end Faust's part in every assignment to come.
SEEK_S_MAX: Final = 86_400.0
# From an alert that is put to its bytes on the way, several tasks have their turn, one after the other. Without these turns another
# chunk would be scored between each two of them.
TURNS_TO_SEND: Final = 4


class ChunkSchema(Schema[Any, Any]):
    """A chunk is what it is: nothing to decode."""

    def loads_key(self, app: Any, message: Any, **options: Any) -> Any:
        """No key."""
        return message.key

    def loads_value(self, app: Any, message: Any, **options: Any) -> Any:
        """The chunk."""
        return message.value


class App(faust.App):
    """A Faust app that keeps nothing on disk: stock makes folders in the working directory, which may not be writable."""

    def _create_directories(self) -> None:
        pass


def make_app(settings: Settings, client_options: Mapping[str, Any], topics: Mapping[str, Topic], scorer: Scorer) -> faust.App:
    """An app that is ready to start; `topics` are the input topics by their names on the broker."""
    app = App(
        settings.app,
        broker=[f"kafka://{address}" for address in settings.broker.split(",")],
        store="memory://",
        topic_partitions=settings.partitions,
        # Topics are made by `streamer topics`; Faust's own are not needed.
        topic_allow_declare=False,
        topic_disable_leader=True,
        # Faust's web server binds all interfaces and serves table data.
        web_enabled=False,
        stream_buffer_maxsize=CHUNKS_WAITING_MAX,
        stream_wait_empty=True,
        stream_recovery_delay=0.0,
        broker_commit_interval=OFFSETS_COMMIT_S,
        broker_request_timeout=SEEK_S_MAX,
    )
    # Outputs have a producer of their own: Faust's would only idle.
    app.boot_strategy.enable_kafka_producer = False
    app.transport = Transport(app, client_options, topics, scorer, exactly_once=settings.guarantee == "exactly_once")

    @app.agent(app.topic(*topics, schema=ChunkSchema()))
    async def score(stream: Any) -> None:
        events: AsyncIterator[Any] = stream.noack().events()
        async for event in events:
            scorer.score(event)
            for _ in range(TURNS_TO_SEND):
                await asyncio.sleep(0)

    return app
