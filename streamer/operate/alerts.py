"""`streamer alerts`: the newest alerts as lines, from the broker, and those that come while one watches."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from typing import Final

import click
import msgspec

from streamer.operate.options import BROKER_SETTINGS, LeadId, with_settings
from streamer.operate.topics import broker_call
from streamer.operate.view import alert_line
from streamer.settings import Settings
from topics.alerts import Alert, decode_alert
from topics.partitions import partition_of
from topics.registry import LEAD_ALERTS

KINDS: Final = ("threshold", "rule", "stage")


@click.command()
@click.option("--follow", "-f", is_flag=True, help="Go on with the alerts that come, until Ctrl-C.")
@click.option("--lead", "lead_id", type=LeadId(), metavar="ID", help="Only those of this lead.")
@click.option("--kind", type=click.Choice(KINDS), help="Only those of this kind.")
@click.option("--limit", type=click.IntRange(0, 100_000), default=20, show_default=True, help="How many of those that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print each alert as it stands in the topic, one a line.")
@with_settings("partitions", *BROKER_SETTINGS)
def alerts(settings: Settings, follow: bool, lead_id: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """Show the newest alerts, the newest last.

    They are read from the topic lead-alerts, so all that is needed is the broker.

    \b
    streamer alerts --follow
    streamer alerts --lead lead-42 --kind stage
    streamer alerts --json --limit 1000 | jq .action
    """
    broker_call(_show(settings, Wanted(lead_id, kind, limit), as_json=as_json, follow=follow))


class Wanted:
    """Which alerts are shown, each once."""

    def __init__(self, lead_id: str | None, kind: str | None, limit: int) -> None:
        self.lead_id = lead_id
        self._kind = kind
        self._limit = limit
        self._seen: set[str] = set()

    @property
    def newest(self) -> int | None:
        """How many records of a partition are enough; None: all of them."""
        return None if self.lead_id is not None or self._kind is not None else self._limit

    def among(self, values: Iterable[bytes | None]) -> list[tuple[Alert, bytes]]:
        """The wanted ones that were not here yet."""
        found = []
        for value in values:
            alert = _alert(value)
            if alert is not None and value is not None and self._fits(alert) and alert.alert_id not in self._seen:
                self._seen.add(alert.alert_id)
                found.append((alert, value))
        return found

    def cut(self, found: list[tuple[Alert, bytes]]) -> list[tuple[Alert, bytes]]:
        """The newest of them, in the order in which they were decided; those of one moment as they stand in the topic."""
        return sorted(found, key=_decided)[max(0, len(found) - self._limit) :]

    def _fits(self, alert: Alert) -> bool:
        return self.lead_id in (None, alert.lead_id) and self._kind in (None, alert.kind)


def _decided(found: tuple[Alert, bytes]) -> str:
    return found[0].decided_at


def _alert(value: bytes | None) -> Alert | None:
    try:
        return None if value is None else decode_alert(value)
    except (msgspec.MsgspecError, UnicodeError):
        return None  # not from a scorer of ours


async def _show(settings: Settings, wanted: Wanted, *, as_json: bool, follow: bool) -> None:
    from streamer.stream.admin import verify_topics
    from streamer.stream.follow import read

    await verify_topics(settings, [LEAD_ALERTS])
    partition = None if wanted.lead_id is None else partition_of(wanted.lead_id.encode(), settings.partitions)
    found: list[tuple[Alert, bytes]] = []
    is_live = False
    async with aclosing(read(settings, [LEAD_ALERTS.name], partition=partition, newest=wanted.newest)) as batches:
        async for batch in batches:
            found += wanted.among(record.value for record in batch.records)
            found = sorted(found, key=_decided) if is_live else wanted.cut(found)
            if batch.is_caught_up:
                for alert, value in found:
                    click.echo(value if as_json else alert_line(alert, dated=True))
                found = []
                is_live = True
                if not follow:
                    return
