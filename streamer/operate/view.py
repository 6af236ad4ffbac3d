"""What the demo shows: standings come in, a live view for a terminal or plain lines leave."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streamer.operate.standings import Standings
from streamer.operate.times import local_time
from streamer.words import change, headline, main_reasons, printable, who
from topics.alerts import Alert, LeadScores

HOTTEST_SHOWN: Final = 10


def live_view(standings: Standings, now_s: float, page: str) -> Group:
    """The whole view: the hottest leads, the newest alerts, how fast it goes, and where the dashboard is."""
    status = Panel(status_line(standings, now_s), box=box.ROUNDED, subtitle=f"dashboard: {page}", subtitle_align="left")
    return Group(_leads(standings), _alerts(standings), status)


def status_line(standings: Standings, now_s: float) -> str:
    """The counts and the delay in one line."""
    delay = standings.delay()
    measured = "being measured" if delay is None else f"p50 {delay.p50_ms:.0f} ms, p99 {delay.p99_ms:.0f} ms"
    return (
        f"{standings.events:,} events, {standings.events_a_second(now_s):,.0f}/s · {standings.leads:,} leads · "
        f"{standings.alerts:,} alerts · event → alert {measured}"
    )


def alert_line(alert: Alert, *, dated: bool = False) -> str:
    """An alert as one plain line: when, on which day if `dated`, what, who, from where to where, why, and what to do."""
    when = local_time(alert.occurred_at) if dated else clock(alert.occurred_at)
    parts = [f"{when}  {headline(alert)}  {who(alert.lead_id, alert.profile)}", change(alert)]
    if reasons := main_reasons(alert.reasons, alert.scores, alert.score):
        parts.append(f"because {reasons}")
    if alert.action:
        parts.append(f"do {alert.action}")
    return printable(" · ".join(parts))


def lead_line(lead: LeadScores) -> str:
    """A lead as one plain line."""
    stage = f" · {lead.stage}" if lead.stage else ""
    return printable(f"{lead.total:>8.6g}  {who(lead.lead_id, lead.profile)}{stage} · {main_reasons(lead.reasons, lead.scores)}")


def clock(time: str) -> str:
    """The time of day, on this machine's clock, of an RFC 3339 time."""
    return datetime.fromisoformat(time).astimezone().strftime("%H:%M:%S")


def _leads(standings: Standings) -> Table:
    table = Table(title="Hottest leads", box=box.SIMPLE_HEAD, expand=True, title_justify="left", title_style="bold")
    table.add_column("total", justify="right", style="bold")
    table.add_column("lead", ratio=4, no_wrap=True)
    table.add_column("stage", ratio=1, no_wrap=True)
    table.add_column("main reasons", ratio=4, no_wrap=True)
    for lead in standings.hottest(HOTTEST_SHOWN):
        table.add_row(
            f"{lead.total:.6g}",
            Text(who(lead.lead_id, lead.profile)),
            Text(lead.stage or ""),
            Text(main_reasons(lead.reasons, lead.scores)),
        )
    if not standings.leads:
        table.add_row("", Text("the worker is starting…", style="dim"), "", "")
    return table


def _alerts(standings: Standings) -> Table:
    table = Table(title="Newest alerts", box=box.SIMPLE_HEAD, expand=True, title_justify="left", title_style="bold")
    table.add_column("at", no_wrap=True)
    table.add_column("alert", ratio=2, no_wrap=True, style="bold")
    table.add_column("lead", ratio=3, no_wrap=True)
    table.add_column("score", ratio=2, no_wrap=True)
    table.add_column("main reasons", ratio=3, no_wrap=True)
    for alert in standings.newest:
        cells = (headline(alert), who(alert.lead_id, alert.profile), change(alert), main_reasons(alert.reasons, alert.scores, alert.score))
        table.add_row(clock(alert.occurred_at), *(Text(cell) for cell in cells))
    return table
