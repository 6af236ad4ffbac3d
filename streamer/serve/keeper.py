"""Keeps the view: `lead-scores` and `lead-alerts` come in, the view in Redis follows them, whatever is away for a while.

Redis is only a view. When it is empty, or has lost something, it is read again from where it stands, if need be from the beginning.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from redis.exceptions import RedisError

from streamer.serve.alerts import entry_of
from streamer.serve.batches import Batch, alert_batches, score_batches, score_of
from streamer.serve.cards import UNREADABLE, Entry
from streamer.serve.progress import Progress
from streamer.serve.redis import heed_cancel, words_for
from streamer.serve.view import LostError, View
from streamer.settings import Settings
from streamer.stream.connection import BrokerError
from streamer.stream.log import say
from streamer.stream.reader import Incoming, Place, Reader, open_reader
from topics.registry import LEAD_ALERTS, LEAD_SCORES

POLL_RECORDS_MAX: Final = 1_000
POLL_MS: Final = 100
# As many batches as one poll gives: Redis is never without work, and what it has is done within a second.
UNANSWERED_MAX: Final = 10
CHECK_S: Final = 0.5
TELL_S: Final = 5.0
RETRY_S: Final = 0.5
UNREADABLE_SAID: Final = 1_000

Found = TypeVar("Found")
Read = Callable[[Any], Found | None]


class Keeper:
    """Follows the topics into the view until it is cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._view = View(settings)
        self._applied: dict[Place, int] = {}
        self._progress = Progress(0, {}, {})
        self._trouble = ""
        self._unreadable = 0

    async def run(self) -> None:
        """Works until it is cancelled; trouble with Kafka or Redis is said once, and waited for."""
        group = f"{self._settings.app}-serve"
        try:
            while True:
                heed_cancel()
                try:
                    async with open_reader(self._settings, [LEAD_SCORES, LEAD_ALERTS], group) as reader:
                        await self._keep(reader)
                except BrokerError as error:
                    await self._wait(str(error))
                    await self._say_kafka(str(error))
        finally:
            await self._view.close()

    async def _keep(self, reader: Reader) -> None:
        """Follows with this reader until Kafka fails: whatever Redis does is mended here."""
        while True:
            heed_cancel()
            try:
                await self._find_place(reader)
                await self._follow(reader)
            except LostError:
                say("the view has lost something, reading again", level=logging.WARNING)
            except (RedisError, OSError) as error:
                await self._wait(words_for(error))

    async def _find_place(self, reader: Reader) -> None:
        """Begins where the view stands, or at the beginning if there is none that fits the topics."""
        applied = await self._view.open()
        bounds = await reader.bounds()
        if applied is not None and any(applied.get(_name(place), 0) > end for place, (_, end) in bounds.items()):
            say("the topics are not those of the view", level=logging.WARNING)
            applied = None
        if applied is None:
            await self._view.begin()
        self._applied = {place: (applied or {}).get(_name(place), 0) for place in bounds}
        starts = {place: max(begin, self._applied[place]) for place, (begin, _) in bounds.items()}
        for place, start in starts.items():
            reader.seek(place, start)
        self._progress = Progress(_now_ms(), starts, {place: end for place, (_, end) in bounds.items()})
        say("rebuilding" if applied is None else "following", records=self._progress.of)
        began_ms = self._progress.began_ms
        # What the keeper before this one said is no longer so.
        await self._view.say({"said_ms": began_ms, "began_ms": began_ms, "is_complete": 0, "done": 0, "of": self._progress.of})
        # Alerts of a lead that was erased are known by its having no scores: so the scores come first.
        reader.pause(_of(LEAD_ALERTS.name, reader.places))
        self._trouble = ""

    async def _follow(self, reader: Reader) -> None:
        checked_s = told_s = 0.0
        while True:
            heed_cancel()
            incoming = await reader.poll(POLL_RECORDS_MAX, POLL_MS)
            await self._send(incoming)
            # The next records are read and prepared while Redis applies these.
            await self._view.settle(UNANSWERED_MAX if incoming else 0)
            now_s = time.monotonic()
            if now_s - checked_s >= CHECK_S:
                await self._view.settle()
                checked_s = now_s
                await self._check(reader)
                if now_s - told_s >= TELL_S:
                    told_s = now_s
                    await reader.tell(self._applied)

    async def _send(self, incoming: Sequence[Incoming]) -> None:
        """Has all that has come applied, alerts first: somebody may be waiting for them."""
        scores = [one for one in incoming if one.place.topic == LEAD_SCORES.name]
        await self._view.learn([record.value for one in scores for record in one.records if record.value])
        for one in sorted(incoming, key=lambda one: one.place.topic):
            for batch in self._batches(one):
                await self._view.send(batch)
            self._applied[one.place] = one.next_offset

    def _batches(self, incoming: Incoming) -> Iterator[Batch]:
        name, believed = _name(incoming.place), self._applied[incoming.place]
        if incoming.place.topic == LEAD_ALERTS.name:
            return alert_batches(name, believed, incoming.records, self._readable(self._alert))
        return score_batches(name, believed, incoming.records, self._readable(score_of), self._view.packing)

    def _readable(self, read: Read[Found]) -> Read[Found]:
        """What is read, or None for what cannot be."""

        def read_or_say(record: Any) -> Found | None:
            try:
                return read(record)
            except UNREADABLE as error:
                self._say_unreadable(record, error)
                return None

        return read_or_say

    def _say_unreadable(self, record: Any, error: Exception) -> None:
        # The first is said, then every thousandth: a topic of somebody else's must not fill the disk with our words.
        if self._unreadable % UNREADABLE_SAID == 0:
            place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
            say("record left out", level=logging.WARNING, **place, error=error)
        self._unreadable += 1

    def _alert(self, record: Any) -> Entry | None:
        if record.value is None:
            return None
        return entry_of(record.offset, record.value, record.timestamp, _now_ms(), self._settings.topic_prefix)

    async def _check(self, reader: Reader) -> None:
        """Looks whether the view is still there and how far behind it is, and says so."""
        await self._view.check()
        progress, asked_ms = self._progress, _now_ms()
        ends = {place: end for place, (_, end) in (await reader.bounds()).items()}
        was_complete = progress.complete_ms is not None
        # Everything that was read is applied here.
        progress.see(asked_ms, {place: await reader.position(place) for place in ends}, ends)
        if progress.has_begun_with(LEAD_SCORES.name):
            reader.resume(_of(LEAD_ALERTS.name, reader.places))
        state: dict[str, str | int] = {"kafka": "ok", "said_ms": asked_ms, "began_ms": progress.began_ms, "unreadable": self._unreadable}
        if progress.complete_ms is not None:
            state["complete_ms"] = progress.complete_ms
            if not was_complete:
                say("complete", seconds=round((asked_ms - progress.began_ms) / 1000, 1), records=progress.of)
        is_complete = int(progress.complete_ms is not None)
        await self._view.say(state | {"is_complete": is_complete, "done": progress.done, "of": progress.of})

    async def _wait(self, why: str) -> None:
        if why != self._trouble:
            say("waiting", level=logging.WARNING, why=why)
            self._trouble = why
        await asyncio.sleep(RETRY_S)

    async def _say_kafka(self, why: str) -> None:
        try:
            await self._view.say({"kafka": why, "said_ms": _now_ms()})
        except (RedisError, OSError):
            return  # the API says by itself that Redis is away


def _of(topic: str, places: Any) -> list[Place]:
    return [place for place in places if place.topic == topic]


def _name(place: Place) -> str:
    return f"{place.topic}/{place.partition}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
