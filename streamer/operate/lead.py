"""`streamer lead`: everything about one lead, from the broker: its scores, what earned them, and its newest alerts."""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

import click
import msgspec
from rich.console import Console

from streamer.operate.alerts import Wanted
from streamer.operate.explain import print_card
from streamer.operate.options import BROKER_SETTINGS, Failure, LeadId, with_settings
from streamer.operate.topics import broker_call
from streamer.operate.view import alert_line
from streamer.settings import Settings
from streamer.words import printable
from topics.alerts import Alert, decode_scores
from topics.partitions import partition_of
from topics.registry import LEAD_ALERTS, LEAD_SCORES

ALERTS_SHOWN: Final = 10


@click.command()
@click.argument("lead_id", metavar="ID", type=LeadId())
@click.option("--json", "as_json", is_flag=True, help='Print {"scores", "alerts"}, each as it stands in its topic.')
@with_settings("partitions", *BROKER_SETTINGS)
def lead(settings: Settings, lead_id: str, as_json: bool) -> None:
    """Show a lead's card: scores, reasons and alerts.

    The lead's partition of lead-scores and lead-alerts is read, so all that is needed is the broker.

    \b
    streamer lead lead-42
    streamer lead lead-42 --json | jq .scores.total
    """
    scores, alerts = broker_call(_read(settings, lead_id))
    if scores is None:
        raise Failure(f'no lead "{printable(lead_id)}" in {settings.topic(LEAD_SCORES.name)}')
    if as_json:
        click.echo(msgspec.json.encode({"scores": msgspec.Raw(scores), "alerts": [msgspec.Raw(value) for _, value in alerts]}))
        return
    console = Console()
    print_card(decode_scores(scores), console)
    if alerts:
        click.echo("\nnewest alerts:")
    for alert, _ in alerts:
        click.echo(alert_line(alert, dated=True))


async def _read(settings: Settings, lead_id: str) -> tuple[bytes | None, list[tuple[Alert, bytes]]]:
    """The lead's newest scores, None if there are none or it was erased, and its newest alerts."""
    from streamer.stream.admin import verify_topics
    from streamer.stream.follow import read_to_end

    await verify_topics(settings, [LEAD_SCORES, LEAD_ALERTS])
    key = lead_id.encode()
    wanted = Wanted(lead_id, None, ALERTS_SHOWN)
    scores: bytes | None = None
    alerts: list[tuple[Alert, bytes]] = []
    topics = [LEAD_SCORES.name, LEAD_ALERTS.name]
    async with aclosing(read_to_end(settings, topics, partition=partition_of(key, settings.partitions))) as batches:
        async for batch in batches:
            of_lead = [record for record in batch.records if record.key == key]
            for record in of_lead:
                if record.topic == LEAD_SCORES.name:
                    scores = record.value
            alerts = wanted.cut(alerts + wanted.among(record.value for record in of_lead if record.topic == LEAD_ALERTS.name))
    return scores, alerts
