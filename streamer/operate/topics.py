"""`streamer topics`: the settings in; every topic of the contract on the broker, or the mismatch in one line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

from streamer.operate.options import BROKER_SETTINGS, Failure, counted, with_settings
from streamer.settings import Settings
from topics.registry import TOPICS, changelog_of

Result = TypeVar("Result")


@click.command()
@with_settings("app", "partitions", *BROKER_SETTINGS)
@click.option("--replication-factor", type=click.IntRange(1, 100), help="Copies of each new topic.  [default: 3, or one a broker if fewer]")
def topics(settings: Settings, replication_factor: int | None) -> None:
    """Create and verify the topics.

    Creates those that are missing, and verifies those that exist.

    All topics must have the same number of partitions, so that one worker owns everything about a lead. A topic with
    another number, or with the wrong cleanup policy, is refused; nothing is created then.

    \b
    streamer topics
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


def broker_call(call: Coroutine[Any, Any, Result]) -> Result:
    """Runs one conversation with the broker; what goes wrong in it is a failure in one line."""
    from streamer.stream.connection import BrokerError

    # aiokafka tells every attempt in its log; the user is told once, what came of it.
    logging.getLogger("aiokafka").propagate = False
    try:
        return asyncio.run(call)
    except BrokerError as error:
        raise Failure(str(error)) from None
