"""A form and a seed come in; the whole proof is done, and what happened leaves."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.kafka import KafkaCluster
from tests.prove.changelog import make_changelog
from tests.prove.faults import Fault, Faults
from tests.prove.fleet import Fleet
from tests.prove.forms import Form
from tests.prove.forwards import Forwards
from tests.prove.load import Load
from tests.prove.producers import Producers
from tests.prove.progress import Progress, quiet, until
from tests.prove.verify import ISOLATION, Findings, Place, verify_all
from tests.stream.cluster import Cluster
from topics.registry import LEAD_SCORES

MODEL: Final = Path(__file__).with_name("model.yaml")
VERSIONS: Final = 3
LOOK_S: Final = 0.2
TICK_S: Final = 0.02
# Faults that come before the one before them is over.
OVERLAPPING: Final = 0.4
EXPECTED_FAULT_S: Final = 8.0
RATE_MIN: Final = 50.0
RATE_MAX: Final = 3_000.0
VERIFIERS: Final = 2


@dataclass
class Outcome:
    """What happened."""

    form: Form
    seed: int
    guarantee: str
    faults: list[Fault] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    ended_by_themselves: list[str] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    sent_again: int = 0
    faults_s: float = 0.0
    all_s: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether everything is as it must be."""
        return not self.findings.counts["differences"] and len(self.faults) == sum(self.form.faults.values()) and not any(self.exit_codes)


@dataclass
class _Work:
    """What the tasks of the proof share."""

    form: Form
    load: Load
    fleet: Fleet
    faults: Faults
    progress: Progress
    producers: Producers
    forwards: Forwards
    started_s: float = field(default_factory=time.monotonic)

    async def tend(self) -> None:
        """Looks at the offsets and after the workers, until cancelled."""
        while True:
            await self.progress.ask()
            self.fleet.tend()
            await asyncio.sleep(LOOK_S)

    async def publish(self) -> None:
        """Publishes day after day, at the rate that makes the load last as long as the faults."""
        published = 0
        for day in range(self.load.days + 1):
            budget = 0.0
            for record in self.load.of_day(day):
                while budget < 1:
                    await asyncio.sleep(TICK_S)
                    budget += TICK_S * self._rate(published)
                budget -= 1
                published += 1
                await self.producers.publish([record])
            await self.producers.flush()
            await self.all_scored()

    async def all_scored(self) -> None:
        """Waits until all that was published, and what of it was forwarded, is scored and committed."""
        await until(lambda: self.forwards.have(self.producers.misplaced), lambda: "misplaced records are not forwarded")
        acked = dict(self.progress.acked)
        await until(lambda: self.progress.is_scored(acked), lambda: "not everything is scored")

    def _rate(self, published: int) -> float:
        done, all_ = len(self.faults.done), sum(self.form.faults.values())
        fault_s = (time.monotonic() - self.started_s) / done if done else EXPECTED_FAULT_S
        return min(max((self.load.events - published) / max((all_ - done) * fault_s, 1.0), RATE_MIN), RATE_MAX)


def prove(form: Form, seed: int, guarantee: str) -> Outcome:
    """Starts Kafka and workers, does the faults while events come in, and compares what is left with the proof's own answer."""
    started_s = time.monotonic()
    outcome = Outcome(form, seed, guarantee)
    with KafkaCluster(form.brokers) as kafka, tempfile.TemporaryDirectory(prefix="streamer-prove-") as folder:
        cluster = Cluster(kafka.address, form.partitions)
        cluster.create_topics()
        make_changelog(cluster.settings)
        acked = Path(folder) / "acked.log"
        fleet = Fleet(cluster, _versions(Path(folder)), guarantee)
        try:
            asyncio.run(_disturbed(outcome, kafka, cluster, fleet, acked))
            outcome.exit_codes = fleet.stop()
        finally:
            fleet.kill()
        tell("Everything is scored and the workers have stopped; now the topics are read and compared.")
        outcome.findings = verify_all(Place(kafka.address, cluster.prefix, cluster.app, form.partitions, guarantee, acked), VERIFIERS)
    outcome.ended_by_themselves = fleet.ended_by_themselves
    outcome.all_s = time.monotonic() - started_s
    return outcome


async def _disturbed(outcome: Outcome, kafka: KafkaCluster, cluster: Cluster, fleet: Fleet, acked: Path) -> None:
    form, rng = outcome.form, Random(outcome.seed)
    progress = Progress(kafka.address, cluster.app)
    faults = Faults(fleet, kafka.brokers, progress, rng)
    load = Load(outcome.seed, form.events, form.days, form.partitions)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(progress.close)
        producers = await stack.enter_async_context(Producers(kafka.address, cluster.prefix, form.partitions, acked, progress))
        fleet.start()
        work = _Work(form, load, fleet, faults, progress, producers, Forwards(cluster.prefix, form.partitions, progress))
        try:
            async with asyncio.TaskGroup() as tasks:
                following = work.forwards.follow(kafka.address, ISOLATION[outcome.guarantee])
                background = [tasks.create_task(endless) for endless in (work.tend(), following)]
                publishing = tasks.create_task(work.publish())
                await _all_faults(outcome, work, rng)
                outcome.faults_s = time.monotonic() - work.started_s
                await publishing
                await quiet(kafka.address, cluster.settings.topic(LEAD_SCORES.name), form.partitions)
                for task in background:
                    task.cancel()
        finally:
            outcome.sent_again = producers.sent_again


async def _all_faults(outcome: Outcome, work: _Work, rng: Random) -> None:
    await work.faults.ready()
    kinds = outcome.form.plan(rng)
    for number, kind in enumerate(kinds, 1):
        await asyncio.sleep(rng.uniform(0.2, 2))
        fault = await work.faults.do(kind, waited_for=number == len(kinds) or rng.random() >= OVERLAPPING)
        outcome.faults.append(fault)
        again = "" if fault.again_s is None else f"; all scored again after {fault.again_s:.1f} s"
        tell(f"{number:3} of {len(kinds)}  {kind}: {fault.shown}{again}")


def _versions(folder: Path) -> list[Path]:
    """The proof's model as several versions, which differ in nothing but their name."""
    versions = []
    for number in range(1, VERSIONS + 1):
        path = folder / f"proof-{number}.yaml"
        path.write_text(MODEL.read_text().replace("version: proof", f"version: proof-{number}"))
        versions.append(path)
    return versions


def tell(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
