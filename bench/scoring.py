"""Made-up events and the model of the demo come in; CPU time, memory and their ratios are printed. Needs no broker.

What reading the same records costs is the yardstick: it is the same strict decoding in every run, on every machine.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from itertools import groupby

from streamer.model import load_model
from streamer.operate.demo import default_model
from streamer.operate.simulation import SimulatedRecord, simulate
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from topics import EventReader
from topics.registry import EVENT_TOPICS

RECORDS_A_CHUNK = 500
CHUNKS_A_FLUSH = 20
START_MS = 1_767_225_600_000

Run = tuple[SimulatedRecord, list[Record]]


def main(arguments: Sequence[str]) -> None:
    """Measures reading and scoring on the same records, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m bench scoring", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=1.0, help="events a second of event time")
    options = parser.parse_args(arguments)
    made = simulate(leads=options.leads, events=options.events, rate=options.rate, seed=1, start_ms=START_MS)
    chunks = chunked(list(made))
    records = sum(len(run) for chunk in chunks for _, run in chunk)
    partition = Partition(Engine(load_model(default_model()).model), 0)
    reading_s = cpu_seconds(lambda: read_all(chunks))
    scoring_s = cpu_seconds(lambda: score_all(partition, chunks))
    sizes = [len(row) for row in partition.rows.values()]
    print(f"{records:,} records of {len(sizes):,} leads, {len(partition.drain_alerts()):,} alerts")
    print(f"reading   {records / reading_s:>10,.0f} records a CPU-second")
    print(f"scoring   {records / scoring_s:>10,.0f} records a CPU-second, {scoring_s / reading_s:.1f} times the cost of reading")
    print(f"a row     {sum(sizes) / len(sizes):>10,.0f} bytes on average, {max(sizes):,} at most")


def chunked(records: list[SimulatedRecord]) -> list[list[Run]]:
    """The records as a worker hands them on: chunks in order of time, each a list of runs of one topic."""
    offsets: dict[str, int] = {}
    chunks: list[list[Run]] = []
    for start in range(0, len(records), RECORDS_A_CHUNK):
        chunk: list[Run] = []
        for _, group in groupby(records[start : start + RECORDS_A_CHUNK], key=lambda record: record.topic.name):
            run = list(group)
            offset = offsets.get(run[0].topic.name, 0)
            offsets[run[0].topic.name] = offset + len(run)
            chunk.append((run[0], [Record(record.key, record.value, offset + place, record.timestamp) for place, record in enumerate(run)]))
        chunks.append(chunk)
    return chunks


def read_all(chunks: list[list[Run]]) -> None:
    """Decodes every event."""
    readers = {topic: EventReader(topic) for topic in EVENT_TOPICS}
    for chunk in chunks:
        for first, run in chunk:
            reader = readers.get(first.topic)
            if reader is not None:
                for record in run:
                    reader.read(record.key, record.value, record.timestamp)


def score_all(partition: Partition, chunks: list[list[Run]]) -> None:
    """Scores every record, with the rows written back as a worker's commit does."""
    for number, chunk in enumerate(chunks, 1):
        for first, run in chunk:
            partition.take(first.topic, run, run[-1].timestamp)
        if number % CHUNKS_A_FLUSH == 0:
            partition.flush()
    partition.flush()


def cpu_seconds(work: Callable[[], None]) -> float:
    """The CPU time of some work, without the collector of cycles, as in the worker."""
    gc.collect()
    gc.disable()
    started_s = time.process_time()
    work()
    gc.enable()
    return time.process_time() - started_s
