"""The demo while it runs: it publishes, follows what the worker makes of it, and shows that, all at the same time."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, aclosing
from typing import Final, NamedTuple

import click
from rich.console import Console
from rich.live import Live

from streamer.operate.child import Child
from streamer.operate.options import counted
from streamer.operate.simulate import until
from streamer.operate.simulation import simulate
from streamer.operate.standings import Standings
from streamer.operate.view import alert_line, lead_line, live_view, status_line
from streamer.settings import Settings
from topics.alerts import decode_alert, decode_scores
from topics.registry import LEAD_ALERTS, LEAD_SCORES, TOPICS, changelog_of

VIEWS_A_SECOND: Final = 4
STATUS_EVERY_S: Final = 5
SUMMARY_LEADS: Final = 5


Parts = dict[str, Child]
"""The processes behind the demo by their command."""


class PartEndedError(Exception):
    """One of the processes ended though nobody told it to."""

    def __init__(self, command: str, exit_code: int) -> None:
        super().__init__(f"streamer {command} ended with exit code {exit_code}")
        self.command = command


class Story(NamedTuple):
    """What is simulated."""

    leads: int
    rate: float
    seed: int


class Show:
    """One run of the demo on a broker that is up; it ends by a signal, after its seconds, or when a part of it fails."""

    def __init__(self, settings: Settings, story: Story, standings: Standings, seconds_max: float | None) -> None:
        self._settings = settings
        self._story = story
        self._standings = standings
        self._console = Console()
        self._is_terminal = self._console.is_terminal
        self._stop = asyncio.Event()
        self._started_s = time.monotonic()
        self._seconds_max = seconds_max
        self._page = f"http://{settings.serve_host}:{settings.serve_port}"

    async def run(self, start_parts: Callable[[], Parts]) -> None:
        """Runs until it is to stop; PartEndedError when one of the processes behind it ends before that."""
        from streamer.stream.admin import ensure_topics

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        await ensure_topics(self._settings, [*TOPICS, changelog_of(self._settings.app)])
        self._say(f"streamer demo: {counted(self._story.leads, 'lead')}, {self._story.rate:g} events a second; Ctrl-C ends it")
        with ExitStack() as running:
            started = {name: running.enter_context(child) for name, child in start_parts().items()}
            self._say(f"dashboard: {self._page}")
            watches = (self._watch(name, child) for name, child in started.items())
            parts = [asyncio.ensure_future(part) for part in (self._publish(), self._follow(), self._refresh(), *watches)]
            stopping = asyncio.ensure_future(self._stop.wait())
            try:
                await asyncio.wait([*parts, stopping], timeout=self._seconds_max, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*parts, stopping):
                    task.cancel()
                results = await asyncio.gather(*parts, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    def summary(self) -> str:
        """What happened, in a few lines."""
        now_s = time.monotonic()
        standings = self._standings
        seconds = now_s - self._started_s
        delay = standings.delay()
        events, leads, alerts = counted(standings.events, "event"), counted(standings.leads, "lead"), counted(standings.alerts, "alert")
        lines = [f"{events} of {leads} in {seconds:.0f} s, {alerts}"]
        if standings.first_alert_s is not None:
            lines.append(f"first alert after {standings.first_alert_s:.1f} s")
        if delay is not None:
            lines.append(f"event to alert: p50 {delay.p50_ms:.0f} ms, p99 {delay.p99_ms:.0f} ms")
        if standings.leads:
            lines += ["hottest leads:", *map(lead_line, standings.hottest(SUMMARY_LEADS))]
        return "\n".join(lines)

    async def _publish(self) -> None:
        from streamer.stream.publish import Publisher

        story, standings = self._story, self._standings
        records = simulate(leads=story.leads, events=None, rate=story.rate, seed=story.seed, start_ms=time.time_ns() // 1_000_000)
        async with Publisher(self._settings) as publisher:
            for record in records:
                await until(record.timestamp)
                standings.published(record.event_id, time.monotonic())
                await publisher.send(self._settings.topic(record.topic.name), record.key, record.value, record.timestamp)

    async def _follow(self) -> None:
        from streamer.stream.follow import follow

        async with aclosing(follow(self._settings, [LEAD_ALERTS.name, LEAD_SCORES.name])) as batches:
            async for batch in batches:
                now_s = time.monotonic()
                for record in batch:
                    self._see(record.topic, record.key, record.value, now_s)

    def _see(self, topic: str, key: bytes | None, value: bytes | None, now_s: float) -> None:
        if topic == LEAD_ALERTS.name and value is not None:
            alert = decode_alert(value)
            if self._standings.alerted(alert, now_s) and not self._is_terminal:
                self._say(alert_line(alert))
        elif value is not None:
            self._standings.scored(decode_scores(value), now_s)
        elif key is not None:
            self._standings.erased(key.decode())

    async def _watch(self, name: str, child: Child) -> None:
        raise PartEndedError(name, await asyncio.to_thread(child.wait))

    async def _refresh(self) -> None:
        if not self._is_terminal:
            while True:
                await asyncio.sleep(STATUS_EVERY_S)
                self._say(status_line(self._standings, time.monotonic()))
        with Live(console=self._console, auto_refresh=False, screen=True) as live:
            while True:
                live.update(live_view(self._standings, time.monotonic(), self._page), refresh=True)
                await asyncio.sleep(1 / VIEWS_A_SECOND)

    def _say(self, line: str) -> None:
        click.echo(line)
