"""What the demo has seen so far: published events, alerts and scores come in; the hottest leads and the delays can be asked.

Pure: every moment is passed in, in seconds of one steady clock.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from typing import Final

from topics.alerts import Alert, LeadScores

NEWEST_ALERTS: Final = 12
REMEMBERED_DELAYS: Final = 20_000
REMEMBERED_EVENTS: Final = 100_000
RATE_WINDOW_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Delay:
    """Percentiles of the time from an event's publishing to its alert's arrival here."""

    p50_ms: float
    p99_ms: float


class Standings:
    """The counts and the leads, as far as they were told."""

    def __init__(self, now_s: float) -> None:
        self._started_s = now_s
        self._samples: deque[tuple[float, int]] = deque([(now_s, 0)])
        self._sent_s: dict[str, float] = {}
        self._delays_ms: deque[float] = deque(maxlen=REMEMBERED_DELAYS)
        self._leads: dict[str, LeadScores] = {}
        self._alert_ids: set[str] = set()
        self._live_since_s: float | None = None
        self.first_alert_s: float | None = None
        self.events = 0
        self.newest: deque[Alert] = deque(maxlen=NEWEST_ALERTS)

    @property
    def alerts(self) -> int:
        """How many different alerts came."""
        return len(self._alert_ids)

    @property
    def leads(self) -> int:
        """How many leads have a score."""
        return len(self._leads)

    def published(self, event_id: str | None, now_s: float) -> None:
        """One record was published; profiles have no event id, and are no events."""
        if event_id is None:
            return
        self.events += 1
        self._sent_s.setdefault(event_id, now_s)
        if len(self._sent_s) > REMEMBERED_EVENTS:
            del self._sent_s[next(iter(self._sent_s))]

    def alerted(self, alert: Alert, now_s: float) -> bool:
        """An alert came; False when it is a repeat of one that was here."""
        if alert.alert_id in self._alert_ids:
            return False
        self._alert_ids.add(alert.alert_id)
        self.newest.appendleft(alert)
        self._is_live(now_s)
        if self.first_alert_s is None:
            self.first_alert_s = now_s - self._started_s
        sent_s = self._sent_s.get(alert.trigger.event_id) if alert.trigger else None
        # What was published before the worker had started says how fast it starts, not how fast it is.
        if sent_s is not None and self._live_since_s is not None and sent_s >= self._live_since_s:
            self._delays_ms.append((now_s - sent_s) * 1000)
        return True

    def scored(self, scores: LeadScores, now_s: float) -> None:
        """A lead's scores came; only the newest are kept."""
        self._is_live(now_s)
        self._leads[scores.lead_id] = scores

    def erased(self, lead_id: str) -> None:
        """A lead's scores were removed."""
        self._leads.pop(lead_id, None)

    def hottest(self, number: int) -> list[LeadScores]:
        """The leads with the highest totals; of equals, who did more."""
        return heapq.nlargest(number, self._leads.values(), key=lambda lead: (lead.total, lead.events))

    def events_a_second(self, now_s: float) -> float:
        """The rate of publishing over the last seconds."""
        self._samples.append((now_s, self.events))
        while len(self._samples) > 2 and self._samples[1][0] < now_s - RATE_WINDOW_S:
            self._samples.popleft()
        then_s, events = self._samples[0]
        return (self.events - events) / (now_s - then_s) if now_s > then_s else 0.0

    def delay(self) -> Delay | None:
        """From event to alert, once there are alerts of events that were published to a running worker."""
        if not self._delays_ms:
            return None
        ordered = sorted(self._delays_ms)
        return Delay(ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100])

    def _is_live(self, now_s: float) -> None:
        if self._live_since_s is None:
            self._live_since_s = now_s
