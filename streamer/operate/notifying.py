"""What `streamer notify` does: reads the plan, runs the notifier, tries a channel, lists what was given up."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import aclosing
from pathlib import Path
from typing import Final

import click

from streamer.model import ModelError
from streamer.notify.channels.webhook import Webhook, read_key
from streamer.notify.journal import Entry, decode_entry
from streamer.notify.message import write
from streamer.notify.notifier import Notifier
from streamer.notify.outcome import LaterError, RefusedError
from streamer.notify.plan import Channel, Plan, Route
from streamer.notify.post import Poster
from streamer.notify.reader import load_plan
from streamer.operate.options import Failure, counted, refusal
from streamer.operate.times import local_time
from streamer.operate.topics import broker_call
from streamer.settings import Settings
from streamer.stream.admin import require_topics
from streamer.stream.connection import BrokerError
from streamer.stream.follow import read_to_end
from streamer.stream.log import set_up
from streamer.words import printable
from topics.alerts import Alert, ReasonFor, encode_alert
from topics.registry import notifications_of
from topics.times import format_rfc3339

WEBHOOK: Final = "webhook"


def read_plan(settings: Settings, routes: Path | None) -> Plan:
    """The plan of a routes file and of the settings; or the failure that says what is wrong with them."""
    if routes is None and settings.webhook is None:
        raise click.UsageError("expected ROUTES, a file that says which alerts go where, or --webhook URL")
    plan = Plan({}, ())
    if routes is not None:
        try:
            loaded = load_plan(routes, os.environ)
        except ModelError as error:
            raise refusal(routes, error.faults) from None
        for warning in loaded.warnings:
            click.echo(f"warning: {warning}", err=True)
        plan = loaded.plan
    return plan if settings.webhook is None else _with_webhook(plan, settings.webhook, settings.webhook_secret)


def _with_webhook(plan: Plan, url: str, secret: str | None) -> Plan:
    if WEBHOOK in plan.channels:
        raise Failure(f"STREAMER_WEBHOOK: the routes file has a channel {WEBHOOK} of its own: call that otherwise")
    try:
        key = b"" if secret is None else read_key(secret)
    except ValueError as expected:
        raise Failure(f"STREAMER_WEBHOOK_SECRET: expected {expected}") from None
    plan.channels[WEBHOOK] = Channel(WEBHOOK, Webhook(url, key))
    return Plan(plan.channels, (*plan.routes, Route((WEBHOOK,))), plan.zone, plan.dashboard, plan.max_age_ms)


def run_notifier(settings: Settings, plan: Plan, *, retry_dead: bool) -> int:
    """Runs a notifier until SIGTERM or SIGINT, and returns its exit code."""

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await Notifier(settings, plan, retry_dead=retry_dead).run(stop)

    set_up(settings.log)
    try:
        asyncio.run(run())
    except BrokerError as error:
        raise Failure(str(error)) from None
    return 0


def try_channel(plan: Plan, name: str) -> None:
    """Sends a made-up alert to one channel; Failure when it does not take it."""
    if name not in plan.channels:
        raise Failure(f'no channel "{name}", expected one of {", ".join(plan.channels)}')
    channel = plan.channels[name]
    alert = made_up_alert(time.time_ns() // 1_000_000)
    terms = channel.terms
    message = write(alert, encode_alert(alert), terms.subject, terms.text, plan.dashboard, time.time_ns() // 1_000_000, again=False)

    async def send() -> None:
        async with Poster() as poster:
            await channel.sender.send(message, poster)

    try:
        asyncio.run(send())
    except (LaterError, RefusedError) as error:
        raise Failure(f"{name}: {error}") from None
    click.echo(f"ok: {name} took the alert {alert.alert_id}")


def made_up_alert(now_ms: int) -> Alert:
    """An alert of nobody, to see what a channel makes of it."""
    now = format_rfc3339(now_ms)
    return Alert(
        alert_id=f"{now_ms:032x}",
        kind="threshold",
        id="hot",
        direction="up",
        lead_id="lead-of-nobody",
        score="total",
        before=27,
        after=32,
        at=30,
        scores={"interest": 32},
        total=32,
        stage=None,
        occurred_at=now,
        decided_at=now,
        model_version="a made-up alert of `streamer notify --try`",
        action="call-task",
        value=None,
        trigger=None,
        reasons=[ReasonFor(rule="pricing", score="interest", points=32, times=2)],
        profile={"name": "Nobody", "company": "A test of streamer"},
    )


def list_dead(settings: Settings) -> None:
    """Prints a line for each dead letter, the oldest first."""
    broker_call(_list_dead(settings))


def dead_line(entry: Entry) -> str:
    """A dead letter as one plain line."""
    return printable(f"{local_time(entry.at_ms)}  {entry.channel}  {entry.lead_id}  {entry.alert_id}  {entry.why}")


async def _list_dead(settings: Settings) -> None:
    journal = notifications_of(settings.app)
    await require_topics(settings, [journal], "no notifier of this --app has run yet")
    newest: dict[bytes, Entry] = {}
    async with aclosing(read_to_end(settings, [journal.name])) as batches:
        async for batch in batches:
            for record in batch.records:
                if record.key is not None and record.value is not None:
                    newest[record.key] = decode_entry(record.value)
    found = sorted((entry for entry in newest.values() if entry.state == "dead"), key=lambda entry: entry.at_ms)
    for entry in found:
        click.echo(dead_line(entry))
    click.echo(f"{counted(len(found), 'message')} given up" + ("; `streamer notify --retry-dead` sends them once more" if found else ""))
