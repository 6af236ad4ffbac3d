"""A number of leads comes in; the resident memory that a partition's table takes for each of them is printed. Needs no broker.

The engine and its rows alone, as a worker holds them: rows are written back after every 50,000 events.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from streamer.stream.garbage import collect
from streamer.stream.owned import PUBLISH_LEADS
from topics.registry import PAGE_VIEWS

MODEL = """
version: reference
scores: {interest: {}}
rules:
  - {id: view, when: page_view, points: 1}
  - {id: pricing, when: page_view, where: {path: /pricing}, points: 5, limit: {times: 3}}
  - {id: five-in-two-days, when: page_view, count: {at_least: 5, within: 2d}, points: 10, award: once}
thresholds:
  - {id: hot, score: total, at: 30}
"""
EVENTS_A_FLUSH = 50_000
EVENTS_A_CHUNK = 1_000
START_MS = 1_767_225_600_000
STEP_MS = 100


def main(arguments: Sequence[str]) -> None:
    """Scores page views of many leads and compares the process before and after."""
    parser = argparse.ArgumentParser(prog="python -m bench memory", description=__doc__)
    parser.add_argument("--leads", type=int, default=500_000)
    parser.add_argument("--events-a-lead", type=float, default=8.0)
    options = parser.parse_args(arguments)
    events = int(options.leads * options.events_a_lead)
    partition = Partition(Engine(read_model(MODEL).model), 0)
    before = resident_bytes()
    alerts = score(partition, page_views(options.leads, events))
    collect()
    after = resident_bytes()
    leads, sizes = len(partition.rows), sum(map(len, partition.rows.values()))
    print(f"{events:,} events of {leads:,} leads, {alerts:,} alerts")
    print(f"before    {before / 2**20:>10,.1f} MiB resident")
    print(f"after     {after / 2**20:>10,.1f} MiB resident")
    print(f"a row     {sizes / leads / 1024:>10,.3f} KiB on average")
    print(f"a lead    {(after - before) / leads / 1024:>10,.3f} KiB resident beyond the start")


def page_views(leads: int, events: int) -> Iterator[Record]:
    """Page views of any lead at any time, a twentieth of them of the prices, with ids as a tracker makes them."""
    chance = random.Random(1)
    for offset in range(events):
        time_ms = START_MS + offset * STEP_MS
        path = "/pricing" if chance.random() < 0.05 else f"/catalog/{chance.randrange(1000)}"
        value = {"event_id": f"{chance.getrandbits(128):032x}", "url": f"https://shop.example{path}", "occurred_at": time_ms}
        yield Record(b"lead-%d" % chance.randrange(leads), json.dumps(value).encode(), offset, time_ms)


def score(partition: Partition, records: Iterator[Record]) -> int:
    """Scores all records and returns how many alerts there were; what a worker would send away goes."""
    alerts = 0
    chunk: list[Record] = []
    for number, record in enumerate(records, 1):
        chunk.append(record)
        if number % EVENTS_A_CHUNK == 0:
            partition.take(PAGE_VIEWS, chunk, record.timestamp)
            alerts += len(partition.drain_alerts())
            chunk.clear()
        if number % EVENTS_A_FLUSH == 0:
            while partition.publish(PUBLISH_LEADS):
                pass
            partition.flush()
    partition.take(PAGE_VIEWS, chunk, None)
    while partition.publish(PUBLISH_LEADS):
        pass
    partition.flush()
    return alerts + len(partition.drain_alerts())


def resident_bytes() -> int:
    """What the process holds now; where the system does not say that, the most it ever held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
