"""What is measured as it happens: commits, recoveries, rows written, and the time from an event to its alert.

Each costs something only when it happens, which is seldom beside the records. Counts of records are not here: they are
read where the scorer keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.process_collector import ProcessCollector

from topics.times import parse_rfc3339

COMMIT_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
ALERT_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class _Dated(msgspec.Struct):
    """What is read of an alert here."""

    occurred_at: str = ""


_decode_dated = msgspec.json.Decoder(_Dated).decode


class Meters:
    """What is measured as it happens."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, of no use here
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self._commits = Histogram(
            "streamer_commit_seconds",
            "From the start of a partition's commit to the ack of all it wrote",
            buckets=COMMIT_S,
            registry=self.registry,
        )
        self._delays = Histogram(
            "streamer_event_to_alert_seconds",
            "From the time of the event to the broker's ack of its alert, of partitions that are live",
            buckets=ALERT_S,
            registry=self.registry,
        )
        self._alerts = self._counter("alerts", "Alerts that the broker has")
        self._rows = self._counter("rows_written", "Leads' rows written to the changelog")
        self._row_bytes = self._counter("row_bytes_written", "Bytes of these rows; divided by their number it is the size of a lead")
        self._recovered_rows = self._counter("recovery_rows", "Rows read back from the changelog")
        self._recovery_s = self._counter("recovery_seconds", "Time spent on reading them")
        self.rows_recovered = 0

    def _counter(self, name: str, about: str) -> Counter:
        return Counter(f"streamer_{name}", about, registry=self.registry)

    def committed(self, seconds: float, rows: int, row_bytes: int) -> None:
        """A commit of one partition is over: the broker has so many rows of so many bytes, and all that came before them."""
        self._commits.observe(seconds)
        self._rows.inc(rows)
        self._row_bytes.inc(row_bytes)

    def alerted(self, alerts: Iterable[bytes | None], now_ms: int, *, live: bool) -> None:
        """The broker has these alerts. How long they took is worth knowing only where no backlog is read."""
        for alert in alerts:
            self._alerts.inc()
            if live and alert and (occurred_at_ms := parse_rfc3339(_decode_dated(alert).occurred_at)) is not None:
                self._delays.observe(max(now_ms - occurred_at_ms, 0) / 1000)

    def recovering(self, rows: int) -> None:
        """So many more rows are read back."""
        self.rows_recovered += rows
        self._recovered_rows.inc(rows)

    def recovered(self, seconds: float) -> None:
        """A recovery took so long."""
        self._recovery_s.inc(seconds)
