"""Workers as processes: they are started here, tended like a supervisor does, and what they log says who owns what."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.stream.cluster import Cluster, Worker

Line = dict[str, Any]


class Member:
    """One worker process."""

    def __init__(self, name: str, worker: Worker, version: str) -> None:
        self.name = name
        self.worker = worker
        self.version = version
        self.told_to_end = False

    def __str__(self) -> str:
        return f"worker {self.name} (process {self.worker.process.pid})"

    @property
    def runs(self) -> bool:
        """Whether its process is there, frozen or not."""
        return self.worker.process.poll() is None

    @property
    def frozen(self) -> bool:
        """Whether the system says that it is stopped."""
        asked = subprocess.run(["ps", "-o", "stat=", "-p", str(self.worker.process.pid)], capture_output=True, text=True, check=False)
        return asked.stdout.strip().startswith("T")

    def said(self, event: str = "") -> list[Line]:
        """What it logged, of one event or all."""
        # The last line may be in the middle of being written.
        lines = [orjson.loads(line) for line in self.worker.lines.split("\n")[:-1] if line.startswith("{")]
        return [line for line in lines if event in ("", line["event"])]

    def has_said(self, event: str) -> bool:
        """Whether it logged this event."""
        return bool(self.said(event))

    @property
    def assignment(self) -> tuple[int, set[int], set[int]]:
        """Its newest generation, what it owns in it, and what of that it has not recovered yet."""
        generation, owned, recovering = 0, set[int](), set[int]()
        for line in self.said():
            if line["event"] == "assigned":
                (
                    generation,
                    owned,
                ) = line["generation"], numbers(line["partitions"])
                recovering = (recovering & owned) | numbers(line["recovering"])
            elif line["event"] == "recovered":
                recovering.discard(line["partition"])
        return generation, owned, recovering


@dataclass
class Fleet:
    """The workers of the proof. `models` are its versions of the model: deploys change from one to the next."""

    cluster: Cluster
    models: Sequence[Path]
    guarantee: str
    members: list[Member] = field(default_factory=list)
    ended_by_themselves: list[str] = field(default_factory=list)
    version: int = 0

    def start(self) -> Member:
        """Starts a worker with the current version of the model."""
        model = self.models[self.version % len(self.models)]
        worker = Worker(
            self.cluster, ("streamer", "worker"), STREAMER_MODEL=str(model), STREAMER_LOG="json", STREAMER_GUARANTEE=self.guarantee
        )
        member = Member(f"{len(self.members) + 1}", worker, model.stem)
        self.members.append(member)
        return member

    @property
    def running(self) -> list[Member]:
        """Those whose process is there and was not told to end."""
        return [member for member in self.members if member.runs and not member.told_to_end]

    def tend(self) -> None:
        """Starts a new worker for each that ended without being told to."""
        for member in self.members:
            if not member.runs and not member.told_to_end:
                member.told_to_end = True
                last = (member.worker.lines.strip().splitlines() or ["it said nothing"])[-3:]
                self.ended_by_themselves.append(f"{member} ended with {member.worker.process.returncode}: {' | '.join(last)}")
                self.start()

    def generation(self) -> int:
        """The newest generation that any worker knows."""
        return max((member.assignment[0] for member in self.members), default=0)

    def shared_after(self, generation: int, among: Sequence[Member]) -> bool:
        """Whether these workers own everything between them in a later generation, and have recovered it."""
        assignments = [member.assignment for member in among]
        if not assignments or len({of_one for of_one, _, _ in assignments}) != 1 or assignments[0][0] <= generation:
            return False
        owned = sorted(number for _, numbers_, _ in assignments for number in numbers_)
        return owned == list(range(self.cluster.partitions)) and not any(recovering for _, _, recovering in assignments)

    def stop(self) -> list[int]:
        """SIGTERM to all that run; their exit codes."""
        running = self.running
        for member in running:
            member.told_to_end = True
            member.worker.signal(signal.SIGTERM)
        return [member.worker.exit_code(60) for member in running]

    def kill(self) -> None:
        """Leaves no process behind."""
        for member in self.members:
            member.told_to_end = True
            member.worker.kill()


def numbers(text: str) -> set[int]:
    """Partition numbers as the log has them: `0-3,7`, or `none`."""
    found: set[int] = set()
    for part in text.split(",") if text != "none" else ():
        low, _, high = part.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return found
