"""`streamer topics`: the settings in; every topic of the contract on the broker, or the mismatch in one line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import aclosing, closing
from typing import Any, Final, TypeVar

import click

from streamer.operate.options import BROKER_SETTINGS, Failure, counted, with_settings
from streamer.operate.placement import Placement
from streamer.settings import Settings
from topics.registry import INPUT_TOPICS, TOPICS, changelog_of

NEWEST: Final = 1_000

Result = TypeVar("Result")


@click.command()
@with_settings("app", "partitions", *BROKER_SETTINGS)
@click.option("--placement", is_flag=True, help="Also look whether producers put their records into the right partitions.")
@click.option("--replication-factor", type=click.IntRange(1, 100), help="Copies of each new topic.  [default: 3, or one a broker if fewer]")
def topics(settings: Settings, placement: bool, replication_factor: int | None) -> None:
    """Create and verify the topics.

    Creates those that are missing, and verifies those that exist.

    All topics must have the same number of partitions, so that one worker owns everything about a lead. A topic with
    another number, or with the wrong cleanup policy, is refused; nothing is created then.

    With --placement the newest 1,000 records of each partition of each input topic are read, and their keys compared
    with Kafka's default partitioner. Whose records lie wrong is named by the field `source` of the events; the exit code
    is 1 then. The scorer forwards such records, at a price.

    \b
    streamer topics
    streamer topics --placement
    STREAMER_BROKER=kafka:9092 streamer topics --partitions 24 --replication-factor 3
    """
    from streamer.stream.admin import ensure_topics

    states = broker_call(ensure_topics(settings, [*TOPICS, changelog_of(settings.app)], replication_factor))
    width = max(len(state.name) for state in states)
    for state in states:
        found = "created" if state.created else "exists"
        click.echo(f"{found:<7}  {state.name:<{width}}  {counted(state.partitions, 'partition')}, {state.cleanup or 'cleanup not told'}")
    made = sum(state.created for state in states)
    click.echo(f"ok: {counted(made, 'topic')} created, {len(states) - made} verified on {settings.broker}")
    if placement:
        looked = broker_call(_placement(settings))
        for line in looked.lines(settings.topic(topic.name) for topic in INPUT_TOPICS):
            click.echo(line)
        if looked.wrong:
            raise Failure(f"{counted(len(looked.wrong), 'producer')} with another partitioner than Kafka's default one")


async def _placement(settings: Settings) -> Placement:
    from streamer.stream.part import newest

    found = Placement(settings.partitions)
    async with aclosing(newest(settings, [settings.topic(topic.name) for topic in INPUT_TOPICS], NEWEST)) as batches:
        async for batch in batches:
            found.look(batch)
    return found


def broker_call(call: Coroutine[Any, Any, Result]) -> Result:
    """Runs one conversation with the broker; what goes wrong in it is a failure in one line."""
    # Closed also when Ctrl-C comes before it has begun: a coroutine that never ran complains on stderr.
    with closing(call):
        from streamer.stream.connection import BrokerError

        # aiokafka tells every attempt in its log; the user is told once, what came of it.
        logging.getLogger("aiokafka").propagate = False
        try:
            return asyncio.run(call)
        except BrokerError as error:
            raise Failure(str(error)) from None
