"""Watches the broker and the work: what the broker says and what gets done come in; a line leaves, or the end of a stalled worker.

A broker that does not answer is waited for, and said once a minute. While it answers, a partition in which records wait and
nothing is done for a minute ends the worker: whatever it hangs on, its next owner begins with what is committed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Hashable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from streamer.settings import Settings
from streamer.stream.connection import BrokerError, client_options, last_words
from streamer.stream.consumer import ChunkConsumer
from streamer.stream.log import say
from streamer.stream.meters import Meters
from streamer.stream.scorer import Scorer
from topics.registry import INPUT_TOPICS, TOPICS, changelog_of

PROBE_S: Final = 5.0
ANSWER_MS_MAX: Final = 10_000
STALLED_S: Final = 60.0
REMIND_S: Final = 60.0
# Two questions that are not answered, and the time between two looks.
LOOK_S_MAX: Final = 30.0
GROUP: Final = -1


class StalledError(Exception):
    """Nothing gets done though it could be."""


class Progress:
    """What was done at each place, and since when it is the same."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[Hashable, float]] = {}
        self._looked_at_s = 0.0

    def stalled(self, marks: Mapping[int, Hashable], now_s: float) -> list[tuple[int, float]]:
        """The places with work to do whose mark has not changed for too long, and for how many seconds. Others are forgotten."""
        if now_s - self._looked_at_s > LOOK_S_MAX:
            self.forget()  # the process stood still, and its partitions with it
        self._looked_at_s = now_s
        seen = {}
        for place, mark in marks.items():
            before = self._seen.get(place)
            seen[place] = before if before is not None and before[0] == mark else (mark, now_s)
        self._seen = seen
        return [(place, now_s - since_s) for place, (_, since_s) in seen.items() if now_s - since_s >= STALLED_S]

    def forget(self) -> None:
        """While the broker is away nothing can be done."""
        self._seen.clear()


class Watch:
    """Looks at the broker and the work every few seconds."""

    def __init__(self, settings: Settings, scorer: Scorer, consumer: ChunkConsumer, meters: Meters) -> None:
        self.ends: dict[TP, int] = {}
        """Where the owned topic partitions end, as the broker said last."""
        self._settings = settings
        self._inputs = [settings.topic(topic.name) for topic in INPUT_TOPICS]
        self._topics = [settings.topic(topic.name) for topic in (*TOPICS, changelog_of(settings.app))]
        self._scorer = scorer
        self._consumer = consumer
        self._meters = meters
        self._progress = Progress()
        self._gone: list[str] = []
        self._away_since_s: float | None = None
        self._said_at_s = 0.0

    @property
    def broker_answers(self) -> bool:
        """Whether the broker answered when it was asked last."""
        return self._away_since_s is None

    def partitions(self) -> list[TP]:
        """The owned partitions of all input topics."""
        return [TP(topic, number) for number in sorted(self._scorer.owned) for topic in self._inputs]

    async def run(self) -> None:
        """Looks until the worker fails, or it is cancelled."""
        # The ends that the consumer can reach: where it reads what is committed, an open transaction holds it up.
        level = "read_committed" if self._settings.guarantee == "exactly_once" else "read_uncommitted"
        probe = AIOKafkaConsumer(
            **client_options(self._settings), enable_auto_commit=False, isolation_level=level, request_timeout_ms=ANSWER_MS_MAX
        )
        try:
            await self._start(probe)
            while not self._scorer.failed:
                if await self._ask(probe):
                    self._broker_answers(monotonic())
                    self._judge(monotonic())
                else:
                    self._broker_is_away(monotonic())
                await asyncio.sleep(PROBE_S)
        except Exception as error:
            self._scorer.fail(error)
        finally:
            await probe.stop()

    async def _start(self, probe: AIOKafkaConsumer) -> None:
        while True:
            try:
                await probe.start()
                return
            except (KafkaError, OSError):
                self._broker_is_away(monotonic())
                await asyncio.sleep(PROBE_S)

    async def _ask(self, probe: AIOKafkaConsumer) -> bool:
        """Asks for the topics and where they end, and returns whether there was an answer. BrokerError when the topics do not fit."""
        client = probe._client
        try:
            async with asyncio.timeout(ANSWER_MS_MAX / 1000):
                await client.set_topics(self._topics)
                if not await client.force_metadata_update():
                    return False
        except (KafkaError, OSError, TimeoutError):
            return False
        self._check_topics({topic: len(client.cluster.partitions_for_topic(topic) or ()) for topic in self._topics})
        # A partition without a leader has no end for now; what is known of the others is old then, but no less true.
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(ANSWER_MS_MAX / 1000):
                ends = await probe.end_offsets([TopicPartition(*tp) for tp in self.partitions()])
                self.ends = {TP(*partition): end for partition, end in ends.items()}
        return True

    def _check_topics(self, partitions: Mapping[str, int]) -> None:
        # Twice in a row: a broker that is just starting does not know all its topics.
        gone = [topic for topic, count in partitions.items() if not count]
        if lost := [topic for topic in gone if topic in self._gone]:
            raise BrokerError(f"the broker has no topic {', '.join(lost)} any more: run `streamer topics`")
        self._gone = gone
        for topic, count in partitions.items():
            if count not in (0, self._settings.partitions):
                raise BrokerError(f"topic {topic} has {count} partitions now, expected {self._settings.partitions} (STREAMER_PARTITIONS)")

    def _broker_is_away(self, now_s: float) -> None:
        self._progress.forget()
        if self._away_since_s is None:
            self._away_since_s = now_s
        elif now_s - self._said_at_s < REMIND_S:
            return
        self._said_at_s = now_s
        say(
            "the broker does not answer, waiting for it",
            level=logging.WARNING,
            broker=self._settings.broker,
            seconds=round(now_s - self._away_since_s),
            error=last_words(),
        )

    def _broker_answers(self, now_s: float) -> None:
        if self._away_since_s is not None:
            say("the broker answers again", seconds=round(now_s - self._away_since_s))
            self._away_since_s = None

    def _judge(self, now_s: float) -> None:
        stalled = self._progress.stalled(self._marks(), now_s)
        if stalled:
            place, seconds = stalled[0]
            what = "the consumer group gave this worker no partitions" if place == GROUP else f"nothing gets done in partition {place}"
            why = f"; the client's last trouble: {words}" if (words := last_words()) else ""
            self._scorer.fail(StalledError(f"{what} for {seconds:.0f} s, though the broker answers{why}"))

    def _marks(self) -> dict[int, Hashable]:
        """What was done so far at each place where there is something to do."""
        if not self._scorer.in_group:
            return {GROUP: None}
        behind: defaultdict[int, list[int | None]] = defaultdict(list)
        for tp, lag in self._consumer.lags(self.partitions(), self.ends).items():
            behind[tp.partition].append(lag)
        marks: dict[int, Hashable] = {}
        for number, owned in self._scorer.owned.items():
            if not owned.recovered:
                marks[number] = ("rows", self._meters.rows_recovered)
            elif any(lag != 0 for lag in behind[number]) or self._consumer.ledger.records_open(number):
                marks[number] = ("records", self._consumer.ledger.records_acked(number))
        return marks
