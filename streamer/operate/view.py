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
from topics.alerts import Alert, LeadScores, ReasonFor, Scores

HOTTEST_SHOWN: Final = 10
REASONS_SHOWN: Final = 3
ARROWS: Final = {"up": "↑", "down": "↓"}


def live_view(standings: Standings, now_s: float) -> Group:
    """The whole view: the hottest leads, the newest alerts, and how fast it goes."""
    return Group(_leads(standings), _alerts(standings), Panel(status_line(standings, now_s), box=box.ROUNDED))


def status_line(standings: Standings, now_s: float) -> str:
    """The counts and the delay in one line."""
    delay = standings.delay()
    measured = "being measured" if delay is None else f"p50 {delay.p50_ms:.0f} ms, p99 {delay.p99_ms:.0f} ms"
    return (
        f"{standings.events:,} events, {standings.events_a_second(now_s):,.0f}/s · {standings.leads:,} leads · "
        f"{standings.alerts:,} alerts · event → alert {measured}"
    )


def alert_line(alert: Alert) -> str:
    """An alert as one plain line: when, what, who, from where to where, why, and what to do."""
    parts = [f"{clock(alert.occurred_at)}  {headline(alert)}  {who(alert.lead_id, alert.profile)}", change(alert)]
    if reasons := main_reasons(alert.reasons, alert.scores, alert.score):
        parts.append(f"because {reasons}")
    if alert.action:
        parts.append(f"do {alert.action}")
    return " · ".join(parts)


def lead_line(lead: LeadScores) -> str:
    """A lead as one plain line."""
    stage = f" · {lead.stage}" if lead.stage else ""
    return f"{lead.total:>8.6g}  {who(lead.lead_id, lead.profile)}{stage} · {main_reasons(lead.reasons, lead.scores)}"


def headline(alert: Alert) -> str:
    """`hot ↑`, `stage → decision`, `choosing (fridges)`."""
    if alert.kind == "stage":
        return f"stage → {alert.value or 'none'}"
    value = "" if alert.value is None else f" ({alert.value})"
    return f"{alert.id}{value} {ARROWS[alert.direction]}"


def change(alert: Alert) -> str:
    """`total 28 → 33`."""
    return f"{alert.score} {alert.before:.6g} → {alert.after:.6g}"


def who(lead_id: str, profile: dict[str, object]) -> str:
    """The lead's id with what is known of name, job title and company."""
    known = [str(profile[field]) for field in ("name", "job_title", "company") if profile.get(field)]
    return f"{lead_id} ({', '.join(known)})" if known else lead_id


def main_reasons(reasons: list[ReasonFor], scores: Scores, score: str = "total") -> str:
    """The rules with the most points for this score, in words; for the total, those of all scores without categories."""
    chosen = [reason for reason in reasons if _counts_for(reason, scores, score)]
    chosen.sort(key=lambda reason: abs(reason.points), reverse=True)
    return ", ".join(_words(reason) for reason in chosen[:REASONS_SHOWN])


def clock(time: str) -> str:
    """The time of day, on this machine's clock, of an RFC 3339 time."""
    return datetime.fromisoformat(time).astimezone().strftime("%H:%M:%S")


def _counts_for(reason: ReasonFor, scores: Scores, score: str) -> bool:
    name, _, category = score.partition("[")
    if name == "total":
        return not isinstance(scores.get(reason.score), dict)
    return reason.score == name and (not category or str(reason.value) == category.removesuffix("]"))


def _words(reason: ReasonFor) -> str:
    value = "" if reason.value is None else f" {reason.value}"
    times = f" ({reason.times}×)" if reason.times > 1 else ""
    return f"{reason.rule}{value} {reason.points:+.6g}{times}"


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
