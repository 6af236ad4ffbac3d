"""What the scorer itself says of a made-up story: nothing comes in; its alerts and the final scores of its leads leave."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Final, NamedTuple

from tests.stream.cluster import ROOT
from tests.web.site import MODEL
from topics.alerts import Alert, LeadScores, decode_alert, decode_scores
from topics.times import format_rfc3339

LEADS: Final = 60
EVENTS: Final = 1200
RATE: Final = 0.01


class Story(NamedTuple):
    """Leads by their ids, and alerts in their order."""

    leads: dict[str, LeadScores]
    alerts: list[Alert]

    def best(self) -> list[LeadScores]:
        """The leads, the highest total first."""
        return sorted(self.leads.values(), key=lambda lead: lead.total, reverse=True)


def told() -> Story:
    """A story of some days that ends about now."""
    start_ms = (time.time_ns() // 1_000_000) - int(EVENTS / RATE * 1000)
    invented = _run("simulate", "--dry-run", "--leads", LEADS, "--events", EVENTS, "--rate", RATE, "--start", format_rfc3339(start_ms))
    lines = _run("score", MODEL, "-", "--scores", given=invented).splitlines()
    leads = [decode_scores(line) for line in lines if b'"updated_at"' in line]
    alerts = [decode_alert(line) for line in lines if b'"alert_id"' in line]
    return Story({lead.lead_id: lead for lead in leads}, alerts)


def _run(*words: object, given: bytes | None = None) -> bytes:
    command = [sys.executable, "-m", "streamer", *map(str, words)]
    return subprocess.run(command, input=given, capture_output=True, check=True, cwd=ROOT).stdout
