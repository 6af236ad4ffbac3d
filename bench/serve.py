"""A number of leads comes in; how fast the view is built, kept up and read is printed, and how soon an alert is told.

Publishes believable states of so many leads to `lead-scores` on a real Kafka (Java 17 and Maven), and runs `streamer serve` with a real
Redis on them. The states are those that the demo's model gives the demo's made-up leads, each used for many leads of other names.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
import redis

from bench.processes import cpu_s
from bench.reading import delays_of, read_steadily
from streamer.model import load_model
from streamer.operate.demo import default_model
from streamer.operate.simulation import simulate
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from streamer.stream.output import Output, send, start_producer
from tests.kafka import KafkaBroker
from tests.redis import RedisServer
from tests.serve.served import Served
from tests.stream.cluster import wait_until
from topics.partitions import partition_of
from topics.registry import LEAD_ALERTS, LEAD_SCORES
from topics.times import format_rfc3339

NAMES = ("Anna", "Piotr", "Kasia", "Iwan", "Nina", "Oleg", "Zofia", "Jan", "Marta", "Pawel")
SYLLABLES = ("no", "wak", "ko", "wal", "ski", "za", "mie", "lin", "dom", "bro", "gor", "tu", "ra", "pe", "sty", "vel")
MANAGERS = [f"Manager {number}" for number in range(40)]
PATHS = (
    "/v1/leads",
    "/v1/leads?sort=recent",
    "/v1/leads?stage=decision",
    "/v1/leads?stage=interest&manager=Manager%207",
    "/v1/leads?q=anna+now",
    "/v1/leads?score=product%5Bmens%5D&limit=20",
    "/v1/leads/lead-17",
    "/v1/alerts?limit=20",
    "/v1/stats",
    "/v1/leads?city=Warsaw&sort=recent",
)
WAIT_S_MAX = 1_200.0
# Each by the beginning of a word of its command line.
ROLES = {"Kafka": b"kafka.Kafka", "Redis": b"redis-server", "server": b"serve", "keeper": b"view"}


def main(arguments: Sequence[str]) -> None:
    """Builds, keeps up and reads a view."""
    parser = argparse.ArgumentParser(prog="python -m bench serve", description=__doc__)
    parser.add_argument("--leads", type=int, default=200_000)
    parser.add_argument("--updates", type=int, default=200_000, help="further states, while all leads are in the view")
    parser.add_argument("--rate", type=int, default=500, help="requests a second")
    parser.add_argument("--seconds", type=int, default=20, help="how long it is read")
    options = parser.parse_args(arguments)
    states = made_states()
    with KafkaBroker() as broker, RedisServer() as server:
        served = Served(broker.address, redis=server.url, environ={"STREAMER_MODEL": str(default_model())})
        served.create()
        client = redis.Redis.from_url(server.url)
        asyncio.run(publish(served, records(states, range(options.leads))))
        build(served, client, options.leads)
        numbers = random.Random(2).choices(range(options.leads), k=options.updates)
        asyncio.run(publish(served, records(states, numbers, events=1)))
        keep_up(served, client, options)
        client.close()


def build(served: Served, client: Any, leads: int) -> None:
    """From nothing to a complete view."""
    began_ms = time.time_ns() // 1_000_000
    with served.running():
        follow(served, client, "built", began_ms, 0)
        print(f"          {client.info('memory')['used_memory'] / leads:,.0f} bytes of Redis a lead")


def keep_up(served: Served, client: Any, options: argparse.Namespace) -> None:
    """Updates of a complete view, then reading it."""
    began_ms, before = time.time_ns() // 1_000_000, changes_of(served, client)
    with served.running():
        follow(served, client, "updated", began_ms, before)
        delays, failures = asyncio.run(read_steadily(served.port, PATHS, options.rate, options.seconds))
        print(f"read      {options.rate} requests a second: {delays}; {failures} failed")
        for path in PATHS:
            alone, _ = asyncio.run(read_steadily(served.port, [path], options.rate // 5, 2))
            print(f"          {path:<48} {alone}")
        tell(served)


def follow(served: Served, client: Any, done: str, began_ms: int, before: int) -> None:
    """Prints how fast what was published gets into the view, from the first state that is applied on, and the CPU time that it takes.

    The states are counted as they are applied: of a compacted topic Kafka may have thrown away older ones meanwhile.
    """
    wait_until(lambda: changes_of(served, client) > before, lambda: str(served.get("/health")), WAIT_S_MAX)
    first, started_s, used_s = changes_of(served, client), time.perf_counter(), cpu_s(ROLES)
    wait_until(lambda: is_complete(served, client, began_ms), lambda: str(served.get("/health")), WAIT_S_MAX)
    seconds, count = time.perf_counter() - started_s, changes_of(served, client) - first
    used_us = ", ".join(f"{role} {(now_s - used_s[role]) / count * 1e6:,.0f}" for role, now_s in cpu_s(ROLES).items())
    print(f"{done:<9} {count:,} states in {seconds:,.1f} s, {count / seconds:,.0f} a second; CPU µs a state: {used_us}", flush=True)


def is_complete(served: Served, client: Any, began_ms: int) -> bool:
    """Whether the view has all, as said by the process that was started then, and not by the one before it."""
    said_ms, is_complete = client.hmget(f"{served.app}:state", "began_ms", "is_complete")
    return int(said_ms or 0) >= began_ms and is_complete == b"1"


def changes_of(served: Served, client: Any) -> int:
    """How many states were applied."""
    return int(client.get(f"{served.app}:changes") or 0)


def tell(served: Served, alerts: int = 200, rate: float = 20) -> None:
    """From the moment an alert is published to its arrival at one who watches."""
    delays_s = asyncio.run(_told(served, alerts, rate))
    print(f"told      {len(delays_s)} alerts at {rate:g} a second: {delays_of(delays_s)}")


async def _told(served: Served, alerts: int, rate: float) -> list[float]:
    sent_s: dict[str, float] = {}
    delays_s: list[float] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(f"GET /v1/alerts/stream HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())

    async def watch() -> None:
        while line := await reader.readline():
            if line.startswith(b"data: {") and b"alert_id" in line:
                delays_s.append(time.perf_counter() - sent_s[orjson.loads(line[6:])["alert_id"]])

    watching = asyncio.create_task(watch())
    producer = await start_producer(served.settings)
    try:
        await asyncio.sleep(1)
        for number in range(alerts):
            alert = {**ALERT, "alert_id": uuid.uuid4().hex, "lead_id": f"lead-{number}"}
            alert["decided_at"] = alert["occurred_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            sent_s[str(alert["alert_id"])] = time.perf_counter()
            key = f"lead-{number}".encode()
            partition = partition_of(key, served.partitions)
            await send(producer, served.prefix + LEAD_ALERTS.name, partition, [(key, orjson.dumps(alert), None, [])])
            await asyncio.sleep(1 / rate)
        await asyncio.sleep(1)
    finally:
        watching.cancel()
        writer.close()
        await producer.stop()
    return delays_s


ALERT: dict[str, Any] = {"kind": "threshold", "id": "hot", "trigger": {"topic": "page-views"}, "profile": {"manager": "Ewa"}}


def made_states() -> list[dict[str, Any]]:
    """States of leads as the demo's model gives them."""
    partition = Partition(Engine(load_model(default_model()).model), 0)
    offsets: dict[Any, int] = {}
    states: dict[bytes, dict[str, Any]] = {}
    for number, made in enumerate(simulate(leads=1_000, events=20_000, rate=1, seed=1, start_ms=time.time_ns() // 1_000_000 - 20_000_000)):
        offsets[made.topic] = offsets.get(made.topic, -1) + 1
        partition.take(made.topic, [Record(made.key, made.value, offsets[made.topic], made.timestamp)], None)
        if number % 500 == 0:
            partition.flush()
    for key, value in partition.publish():
        if value is not None:
            states[key] = orjson.loads(value)
    return list(states.values())


def records(states: list[dict[str, Any]], numbers: Iterable[int], events: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """For each number a lead with one of the states, a name, an address and a manager of its own; some points more after events."""
    now = format_rfc3339(time.time_ns() // 1_000_000)
    for number in numbers:
        own = random.Random(number)
        first, last, company = own.choice(NAMES), "".join(own.choices(SYLLABLES, k=3)), "".join(own.choices(SYLLABLES, k=2))
        profile = {"name": f"{first} {last.title()}", "email": f"{first}.{last}@{company}.example".lower(), "company": company.title()}
        state = own.choice(states)
        lead = state | {"lead_id": f"lead-{number}", "profile": state["profile"] | profile | {"manager": own.choice(MANAGERS)}}
        if events:
            interest = state["scores"]["interest"] + 2 * events
            lead |= {"total": state["total"] + 2 * events, "scores": state["scores"] | {"interest": interest}}
            lead |= {"updated_at": now, "last_event_at": now, "events": state["events"] + events}
        yield f"lead-{number}".encode(), orjson.dumps(lead)


async def publish(served: Served, made: Iterable[tuple[bytes, bytes]]) -> None:
    """Publishes states, each to the partition of its key."""
    started_s, count, size = time.perf_counter(), 0, 0
    producer = await start_producer(served.settings)
    waiting: dict[int, list[Output]] = {}
    try:
        for key, value in made:
            count, size = count + 1, size + len(value)
            outputs = waiting.setdefault(partition_of(key, served.partitions), [])
            outputs.append((key, value, None, []))
            if len(outputs) == 1_000:
                await send(producer, served.prefix + LEAD_SCORES.name, partition_of(key, served.partitions), outputs)
                outputs.clear()
        for partition, outputs in waiting.items():
            await send(producer, served.prefix + LEAD_SCORES.name, partition, outputs)
    finally:
        await producer.stop()
    print(f"published {count:,} states of {size / count:,.0f} bytes in {time.perf_counter() - started_s:,.1f} s")
