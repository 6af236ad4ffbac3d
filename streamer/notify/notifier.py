"""The notifier at work: alerts come in from Kafka, messages leave through the channels, and the journal knows of each.

One process of an application works, others stand by. Its state is in the topic `<app>-notifications`, which is read
when its turn comes. An alert's offset is committed once the journal has its messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final

import msgspec

from streamer.notify.deliveries import Deliveries
from streamer.notify.journal import Entry, decode_entry, encode_entry
from streamer.notify.message import write
from streamer.notify.outcome import LaterError, RefusedError
from streamer.notify.plan import Plan
from streamer.notify.post import Poster
from streamer.settings import Settings
from streamer.stream.admin import ensure_topics, verify_topics
from streamer.stream.follow import read_to_end
from streamer.stream.log import one_line, say
from streamer.stream.publish import Publisher
from streamer.stream.single import SingleReader, Taken
from topics.alerts import decode_alert
from topics.registry import LEAD_ALERTS, LEAD_ERASURES, notifications_of

LOOK_MS: Final = 200
STOP_S_MAX: Final = 8.0


def wall_clock_ms() -> int:
    """Now, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Notifier:
    """One process that notifies, until it is told to stop. Raises BrokerError when the broker cannot be used."""

    def __init__(self, settings: Settings, plan: Plan, *, retry_dead: bool = False) -> None:
        self._settings = settings
        self._plan = plan
        self._retry_dead = retry_dead
        self._journal = notifications_of(settings.app)

    async def run(self, stop: asyncio.Event) -> None:
        """Works, or stands by, until `stop` is set."""
        await verify_topics(self._settings, [LEAD_ALERTS, LEAD_ERASURES])
        await ensure_topics(self._settings, [self._journal])
        async with AsyncExitStack() as stack:
            publisher = await stack.enter_async_context(Publisher(self._settings))
            poster = await stack.enter_async_context(Poster())
            group, topics = f"{self._settings.app}-notify", [LEAD_ALERTS.name, LEAD_ERASURES.name]
            reader = await stack.enter_async_context(SingleReader(self._settings, group, topics))
            say("standing by", group=group, channels=len(self._plan.channels))
            while await _comes(reader.its_turn(), stop):
                turn = Turn(self._settings, self._plan, self._journal.name, publisher, poster)
                await turn.restore(retry_dead=self._retry_dead)
                self._retry_dead = False
                try:
                    await turn.work(reader, stop)
                finally:
                    reader.finished()
                say("stopped" if stop.is_set() else "another notifier takes over", **turn.counts)


class Turn:
    """The time in which this process is the one that notifies."""

    def __init__(self, settings: Settings, plan: Plan, journal: str, publisher: Publisher, poster: Poster) -> None:
        self._settings = settings
        self._plan = plan
        self._journal = journal
        self._publisher = publisher
        self._poster = poster
        self._deliveries = Deliveries(plan)
        self._changed = {name: asyncio.Event() for name in plan.channels}
        self._ending = False

    @property
    def counts(self) -> dict[str, int]:
        """How many messages were sent, dropped or are dead letters, and how many wait."""
        return {name.replace(" ", "_"): number for name, number in self._deliveries.counts.items()} | {"waiting": self._deliveries.waiting}

    async def restore(self, *, retry_dead: bool) -> None:
        """Reads the journal."""
        async with aclosing(read_to_end(self._settings, [self._journal])) as batches:
            async for batch in batches:
                for record in batch.records:
                    if record.value is not None and (entry := _entry(record.value)) is not None:
                        self._deliveries.restore(entry)
        await self._write(self._deliveries.begin(wall_clock_ms(), retry_dead=retry_dead))
        say("notifying", waiting=self._deliveries.waiting, channels=", ".join(self._plan.channels))

    async def work(self, reader: SingleReader, stop: asyncio.Event) -> None:
        """Takes alerts and sends messages until told to stop or until another member takes over."""
        places = [(name, place) for name, channel in self._plan.channels.items() for place in range(channel.sender.at_once)]
        senders = [asyncio.create_task(self._send_all(name)) for name, _ in places]
        taking = asyncio.create_task(self._take_all(reader))
        ends = [asyncio.create_task(event.wait()) for event in (stop, reader.lost)]
        try:
            await asyncio.wait([*ends, taking, *senders], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._ending = True
            for event in self._changed.values():
                event.set()
            for task in (taking, *ends):
                task.cancel()
            # What is under way may finish; what does not is known by the journal to be in doubt.
            _, late = await asyncio.wait(senders, timeout=STOP_S_MAX)
            for sender in late:
                sender.cancel()
            results = await asyncio.gather(taking, *senders, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _take_all(self, reader: SingleReader) -> None:
        while True:
            records = await reader.fetch(LOOK_MS, none=self._deliveries.is_full)
            if records:
                await self._write([entry for record in records for entry in self._taken(record)])
                await reader.commit()
                for event in self._changed.values():
                    event.set()

    def _taken(self, record: Taken) -> list[Entry]:
        now_ms = wall_clock_ms()
        if record.topic == LEAD_ERASURES.name:
            return [] if record.key is None else self._deliveries.forget(record.key.decode(errors="replace"), record.timestamp_ms, now_ms)
        if record.value is None:
            return []
        try:
            return self._deliveries.take(decode_alert(record.value), record.value, record.timestamp_ms, now_ms)
        except (msgspec.MsgspecError, UnicodeError) as error:
            say("a record in lead-alerts is no alert", level=logging.WARNING, error=one_line(error))
            return []

    async def _send_all(self, name: str) -> None:
        while not self._ending:
            self._changed[name].clear()
            entry = self._deliveries.next(name, wall_clock_ms())
            if entry is None:
                await self._wait(name)
                continue
            await self._write([entry])
            if entry.state == "sending":
                await self._write([await self._tried(entry)])
                self._changed[name].set()
            else:
                _say_end(entry)

    async def _wait(self, name: str) -> None:
        next_ms = self._deliveries.next_ms(name)
        # A clock that is set back or forward is noticed within a minute.
        timeout_s = 60.0 if next_ms is None else min(60.0, max(0.0, (next_ms - wall_clock_ms()) / 1000))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed[name].wait(), timeout_s)

    async def _tried(self, entry: Entry) -> Entry:
        """Sends the message; how that ended."""
        channel = self._plan.channels[entry.channel]
        assert isinstance(entry.alert, msgspec.Raw)
        body = bytes(entry.alert)
        now_ms = wall_clock_ms()
        try:
            terms = channel.terms
            message = write(decode_alert(body), body, terms.subject, terms.text, self._plan.dashboard, now_ms, again=entry.again)
            await channel.sender.send(message, self._poster)
            after = self._deliveries.sent(entry, wall_clock_ms())
        except LaterError as error:
            after = self._deliveries.failed(entry, error, wall_clock_ms())
        except RefusedError as error:
            after = self._deliveries.refused(entry, str(error), wall_clock_ms())
        except Exception as error:
            # One message that cannot be written must not stop all others.
            after = self._deliveries.refused(entry, f"failed: {one_line(error)}", wall_clock_ms())
        _say_end(after)
        return after

    async def _write(self, entries: Iterable[Entry]) -> None:
        """Returns when the journal has them."""
        await self._publisher.publish(
            self._settings.topic(self._journal), [(entry.key, encode_entry(entry), entry.at_ms) for entry in entries]
        )


def _entry(value: bytes) -> Entry | None:
    try:
        return decode_entry(value)
    except (msgspec.MsgspecError, UnicodeError) as error:
        say("a record of the journal cannot be read", level=logging.WARNING, error=one_line(error))
        return None


def _say_end(entry: Entry) -> None:
    words = {"sent": "sent", "waiting": "failed, tried again later", "dropped": "dropped", "dead": "given up"}
    levels = {"waiting": logging.WARNING, "dead": logging.ERROR}
    fields = {"tries": entry.tries, "why": entry.why} if entry.state != "sent" else {}
    say(
        words[entry.state],
        levels.get(entry.state, logging.INFO),
        channel=entry.channel,
        alert=entry.alert_id,
        lead=entry.lead_id,
        **fields,
    )


async def _comes(turn: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Whether the turn comes before the stop does."""
    tasks = [asyncio.create_task(turn), asyncio.create_task(stop.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    if tasks[0].done() and not tasks[0].cancelled():
        tasks[0].result()
    return not stop.is_set()
