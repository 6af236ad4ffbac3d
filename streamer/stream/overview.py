"""How a worker is doing: the scorer, the seam and the watch are looked at; its health and the numbers of its partitions leave."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from faust.types import TP

from streamer import __version__
from streamer.stream.consumer import ChunkConsumer
from streamer.stream.scorer import Scorer
from streamer.stream.watch import Watch

STARTING: Final = "starting"
RECOVERING: Final = "recovering"
CATCHING_UP: Final = "catching-up"
LIVE: Final = "live"
FAILED: Final = "failed"
# What a partition can be; the worker is what the furthest behind of its partitions is.
STATUSES: Final = (RECOVERING, CATCHING_UP, LIVE)
# A worker that recovers or reads a backlog is well, and so is one that waits for its broker: to restart it would only set it back.
WELL: Final = frozenset(STATUSES)


class PartitionStanding(NamedTuple):
    """One owned partition number."""

    number: int
    status: str
    leads: int


class Overview:
    """The worker as it is seen from outside."""

    def __init__(self, app: str, model_version: str, scorer: Scorer, consumer: ChunkConsumer, watch: Watch) -> None:
        self.app = app
        self.model_version = model_version
        self._scorer = scorer
        self._consumer = consumer
        self._watch = watch

    @property
    def broker_answers(self) -> bool:
        """Whether the broker answered when it was asked last."""
        return self._watch.broker_answers

    @property
    def status(self) -> str:
        """The worker in one word."""
        if self._scorer.failed:
            return FAILED
        if not self._scorer.in_group:
            return STARTING
        found = {standing.status for standing in self.partitions()}
        return next((status for status in STATUSES if status in found), LIVE)

    def health(self) -> dict[str, Any]:
        """What the health page says."""
        behind = [lag for lag in self.lags().values() if lag is not None]
        return {
            "status": self.status,
            "app": self.app,
            "version": __version__,
            "model_version": self.model_version,
            "broker": "answers" if self.broker_answers else "away",
            "partitions": {str(standing.number): standing.status for standing in self.partitions()},
            "lag": sum(behind),
        }

    def counts(self) -> dict[str, int]:
        """What became of all records since the start."""
        return self._scorer.tally.counts(owned.leads for owned in self._scorer.owned.values())

    def bounds_bitten(self) -> dict[str, int]:
        """How often each bound of a lead's row bit since the start."""
        return self._scorer.tally.bounds_bitten(owned.leads for owned in self._scorer.owned.values())

    def partitions(self) -> list[PartitionStanding]:
        """The owned partitions by their numbers."""
        return [
            PartitionStanding(number, RECOVERING if not owned.recovered else LIVE if owned.live else CATCHING_UP, len(owned.leads.rows))
            for number, owned in sorted(self._scorer.owned.items())
        ]

    def lags(self) -> dict[TP, int | None]:
        """How many records of each owned topic partition are not scored yet; None where that is not known."""
        return self._consumer.lags(self._watch.partitions(), self._watch.ends) if self._scorer.in_group else {}
