"""A rate comes in; how long an event takes until its alert can be read is printed: p50, p99 and the longest.

Publishes the demo's made-up events to a broker with one worker and the demo's model, and reads `lead-alerts` all the while. A delay
is counted from the event's timestamp, given when it is published, to the moment its alert is here; "decided" is the part of it until
the worker has scored the event. Publisher and reader are this process. The broker is started for it: the embedded one, or a real Kafka
(`--broker kafka`: Java 17 and Maven).
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bench.reading import delays_of
from streamer.operate.demo import default_model, start_child
from streamer.operate.embedded import EmbeddedBroker
from streamer.operate.simulation import SimulatedRecord, simulate
from streamer.settings import Settings
from streamer.stream.admin import ensure_topics
from streamer.stream.follow import Followed, follow
from streamer.stream.publish import Publisher
from tests.kafka import KafkaBroker
from topics.alerts import decode_alert
from topics.registry import LEAD_ALERTS, LEAD_SCORES, TOPICS
from topics.times import parse_rfc3339

PARTITIONS = 4
SETTLE_S = 3.0
WARM_UP_S = 3.0
START_S_MAX = 60.0
Batches = AsyncGenerator[list[Followed], None]


def main(arguments: Sequence[str]) -> None:
    """Runs a worker under a steady load."""
    parser = argparse.ArgumentParser(prog="python -m bench latency", description=__doc__)
    parser.add_argument("--rate", type=int, default=5_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--broker", choices=("embedded", "kafka"), default="embedded")
    parser.add_argument("--guarantee", choices=("at_least_once", "exactly_once"), default="at_least_once", help="exactly_once needs kafka")
    options = parser.parse_args(arguments)
    broker_type: type[EmbeddedBroker | KafkaBroker] = KafkaBroker if options.broker == "kafka" else EmbeddedBroker
    with broker_type() as broker, tempfile.TemporaryFile() as log:
        settings = Settings(
            broker=broker.address, app="bench-latency", partitions=PARTITIONS, model=default_model(), guarantee=options.guarantee
        )
        asyncio.run(ensure_topics(settings, list(TOPICS)))
        with start_child(settings, log, "worker"):
            events = simulate(
                leads=options.leads,
                events=int(options.rate * (options.seconds + WARM_UP_S)),
                rate=options.rate,
                seed=1,
                start_ms=0,
            )
            print(asyncio.run(measure(settings, list(events))))


async def measure(settings: Settings, records: list[SimulatedRecord]) -> str:
    """Waits for the worker, publishes the records at their times, and sums up the delays after the warm-up."""
    sent_s: dict[str, float] = {}
    delays_s: list[float] = []
    decided_s: list[float] = []
    async with Publisher(settings) as publisher, aclosing(follow(settings, [LEAD_ALERTS.name])) as alerts:
        await _started(settings, publisher)
        reading = asyncio.create_task(_read(alerts, sent_s, delays_s, decided_s, time.time() + WARM_UP_S))
        started_s = time.time()
        for record in records:
            ahead_s = started_s + record.timestamp / 1000 - time.time()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            now_s = time.time()
            if record.event_id is not None:
                sent_s.setdefault(record.event_id, now_s)
            await publisher.send(settings.topic(record.topic.name), record.key, _undated(record), int(now_s * 1000))
        lasted_s = time.time() - started_s
        await asyncio.sleep(SETTLE_S)
        reading.cancel()
        await asyncio.wait([reading])
    if not delays_s:
        return "no alert came"
    return (
        f"{len(records):,} records at {len(records) / lasted_s:,.0f} a second, {len(delays_s):,} alerts of events\n"
        f"event to alert: {delays_of(delays_s)}\n"
        f"decided:        {delays_of(decided_s)}"
    )


async def _started(settings: Settings, publisher: Publisher) -> None:
    """Until the worker scores what is published."""
    await publisher.send(settings.topic("page-views"), b"first", b'{"url": "/"}', time.time_ns() // 1_000_000)
    async with asyncio.timeout(START_S_MAX), aclosing(follow(settings, [LEAD_SCORES.name])) as scores:
        await anext(scores)


async def _read(alerts: Batches, sent_s: dict[str, float], delays_s: list[float], decided_s: list[float], from_s: float) -> None:
    async for batch in alerts:
        now_s = time.time()
        for followed in batch:
            assert followed.value is not None
            alert = decode_alert(followed.value)
            published_s = None if alert.trigger is None else sent_s.get(alert.trigger.event_id)
            if published_s is not None and published_s >= from_s:
                delays_s.append(now_s - published_s)
                decided_s.append((parse_rfc3339(alert.decided_at) or 0) / 1000 - published_s)


def _undated(record: SimulatedRecord) -> bytes:
    """The value without the made-up time: the event happens when it is published."""
    return record.value.replace(b'"occurred_at":', b'"made_up_at":', 1)
