"""`streamer erase`: the id of a lead in; the request to forget it on the topics, and with --wait the proof that it is done."""

from __future__ import annotations

import time
from typing import Final

import click

from streamer.operate.options import BROKER_SETTINGS, FiniteRange, LeadId, with_settings
from streamer.operate.topics import broker_call
from streamer.settings import Settings
from topics.registry import LEAD_ERASURES

WAIT_S: Final = 60.0


@click.command()
@click.argument("lead", type=LeadId())
@click.option("--wait", is_flag=True, help="Wait until a worker has done it, and say which records prove it.")
@click.option("--timeout", type=FiniteRange(1, 3600), default=WAIT_S, show_default=True, help="Seconds to wait with --wait.")
@with_settings("app", "partitions", *BROKER_SETTINGS)
def erase(settings: Settings, lead: str, wait: bool, timeout: float) -> None:
    """Forget the lead with the id LEAD.

    The scorer removes the lead's row and its scores, without an alert. Events and profiles of the lead that are dated up
    to now and come in the next 30 days are dropped; what is dated later begins a new lead. The lead's profile is removed
    from its topic too. Events and alerts that were published stay in their topics until the topics' retention ends.

    With --wait it reads the topics until they show that the lead is gone, and fails when they do not.

    \b
    streamer erase lead-42 --wait
    """
    from streamer.stream.erasure import erase_and_wait, request_erasure

    requested_at = time.time_ns() // 1_000_000
    if not wait:
        partition, offset = broker_call(request_erasure(settings, lead, requested_at))
        click.echo(f"ok: the erasure of {lead} is published, {settings.topic(LEAD_ERASURES.name)} partition {partition} offset {offset}")
        return
    for record in broker_call(erase_and_wait(settings, lead, requested_at, timeout)):
        shown = "null" if record.value is None else "only the mark of the erasure"
        click.echo(f"{record.topic} partition {record.partition} offset {record.offset}: {shown}")
    click.echo(f"ok: {lead} is erased")
