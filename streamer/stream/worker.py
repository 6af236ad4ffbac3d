"""The worker: settings and a model come in; a scorer runs until SIGTERM or SIGINT, and an exit code leaves.

0: ended as told. 1: the broker cannot be used as it is, or failed; one line says why, and nothing that counts is lost.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any, Final

import faust
from aiokafka.errors import KafkaError

from streamer.model.spec import Model
from streamer.score.engine import Engine
from streamer.score.packed import is_compiled
from streamer.score.partition import Partition
from streamer.settings import Settings
from streamer.stream import garbage
from streamer.stream.admin import ensure_topics, require_group, verify_topics
from streamer.stream.app import make_app
from streamer.stream.connection import BrokerError, client_options, explained, unreachable
from streamer.stream.consumer import ChunkConsumer
from streamer.stream.log import pass_over_unheard, say, set_up
from streamer.stream.meters import Meters
from streamer.stream.monitor import MonitorError, listening, monitored
from streamer.stream.output import start_producer
from streamer.stream.overview import Overview
from streamer.stream.owned import OutputTopics
from streamer.stream.report import Report
from streamer.stream.scorer import Scorer
from streamer.stream.sink import AtLeastOnce, SinkMaker
from streamer.stream.transaction import ExactlyOnce, require_transactions
from streamer.stream.watch import Watch
from topics.registry import INPUT_TOPICS, LEAD_ALERTS, LEAD_SCORES, REJECTED_EVENTS, changelog_of

OUTPUTS: Final = (LEAD_ALERTS, LEAD_SCORES, REJECTED_EVENTS)
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
STOP_S_MAX: Final = 20.0
# After a failure nothing is committed any more; only the group should know that the worker is gone.
FAILED_STOP_S_MAX: Final = 3.0


def wall_clock_ms() -> int:
    """Now, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def run_worker(settings: Settings, model: Model) -> int:
    """Runs a worker of this model until it is told to stop, and returns its exit code."""
    engine = Engine(model, settings.app, settings.topic_prefix)
    return run(settings, lambda number: Partition(engine, number, settings.partitions), model.version)


def run(settings: Settings, make_partition: Callable[[int], Partition], model_version: str) -> int:
    """Runs a worker to its end and returns the exit code; `make_partition` makes the leads of a partition number."""
    try:
        return asyncio.run(_work(settings, make_partition, model_version))
    except (BrokerError, MonitorError) as error:
        return _refused(str(error))


def _refused(why: str) -> int:
    sys.stderr.write(f"streamer: {why}\n")
    return 1


async def _work(settings: Settings, make_partition: Callable[[int], Partition], model_version: str) -> int:
    stop = _stop_signal()
    listener = listening(settings.metrics_port)
    changelog = changelog_of(settings.app)
    await verify_topics(settings, [*INPUT_TOPICS, *OUTPUTS])
    await ensure_topics(settings, [changelog])
    await require_group(settings)
    make_sink, stop_producer = await _sinks(settings, settings.topic(changelog.name))
    # Not before: what goes wrong until here is said in one line, in better words than the clients' own.
    set_up(settings.log)
    asyncio.get_running_loop().set_exception_handler(pass_over_unheard)
    topics = OutputTopics(*(settings.topic(topic.name) for topic in (LEAD_ALERTS, REJECTED_EVENTS, LEAD_SCORES)))
    meters = Meters()
    scorer = Scorer(settings, make_partition, make_sink, topics, settings.topic(changelog.name), wall_clock_ms, meters)
    app = make_app(settings, client_options(settings), {settings.topic(topic.name): topic for topic in INPUT_TOPICS}, scorer)
    consumer = app.consumer
    assert isinstance(consumer, ChunkConsumer)
    watch = Watch(settings, scorer, consumer, meters)
    overview = Overview(settings.app, model_version, scorer, consumer, watch)
    report = Report(overview, wall_clock_ms)
    say("started", app=settings.app, broker=settings.broker, process=os.getpid(), compiled="yes" if is_compiled else "no")
    garbage.take_over()
    async with monitored(listener, overview, meters.registry):
        starting = asyncio.create_task(app.start())
        works = (scorer.run(consumer), scorer.publish(), watch.run(), report.run(), garbage.collect_now_and_then())
        background = [asyncio.create_task(work) for work in works]
        reason = await _ended(stop, scorer.failure, app, starting)
        if reason is not None:
            say("failed", level=logging.ERROR, error=explained(reason))
            scorer.fail(reason)
        stopping = asyncio.create_task(_stop(app, starting, background, scorer, stop_producer))
        # Not cancelled after that time: what waits for the broker in there may take no notice.
        _, unfinished = await asyncio.wait({stopping}, timeout=STOP_S_MAX if reason is None else FAILED_STOP_S_MAX)
        if unfinished:
            say("ending without the broker", level=logging.ERROR)
            sys.stderr.flush()
            os._exit(1)  # threads of the consumer may wait for ever
    report.say()
    say("stopped")
    for number in SIGNALS:
        # Python takes its handlers down a while before the process is gone: a second signal would kill what has ended cleanly.
        signal.signal(number, signal.SIG_IGN)
    return 0 if reason is None else 1


async def _sinks(settings: Settings, changelog: str) -> tuple[SinkMaker, Callable[[], Awaitable[None]]]:
    """What makes the partitions' sinks, and how it ends. BrokerError when the broker cannot do what the guarantee needs."""
    if settings.guarantee == "exactly_once":
        await require_transactions(settings)
        return lambda number, on_failure: ExactlyOnce(settings, changelog, number), _nothing
    try:
        producer = await start_producer(settings)
    except KafkaError as error:
        raise unreachable(settings) from error
    return lambda number, on_failure: AtLeastOnce(producer, changelog, number, on_failure), producer.stop


async def _nothing() -> None:
    pass


def _stop_signal() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    # A handler of the loop's own could only be replaced by way of the system's, which kills.
    def told(number: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    for number in SIGNALS:
        signal.signal(number, told)
    return stop


async def _ended(
    stop: asyncio.Event, failure: asyncio.Future[BaseException], app: faust.App, starting: asyncio.Task[Any]
) -> BaseException | None:
    """Waits for the end: None when told to stop, otherwise what went wrong."""
    told = asyncio.create_task(stop.wait())
    crashed = asyncio.create_task(app.wait_until_stopped())
    ends: set[asyncio.Future[Any]] = {told, failure, crashed}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and not starting.cancelled() and starting.exception() is not None:
        return starting.exception()
    if failure.done():
        return failure.result()
    if told.done():
        crashed.cancel()
        return None
    told.cancel()
    return app.crash_reason or RuntimeError("the stream ended by itself")


async def _stop(
    app: faust.App,
    starting: asyncio.Task[Any],
    background: list[asyncio.Task[Any]],
    scorer: Scorer,
    stop_producer: Callable[[], Awaitable[None]],
) -> None:
    """Commits what is scored, leaves the group and closes."""
    await app.stop()
    await scorer.close()
    await stop_producer()
    for task in (starting, *background):
        task.cancel()
    await asyncio.wait([starting, *background])
