"""The page for Prometheus: looked up in the worker when somebody asks for it, so that it costs the records nothing."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from streamer import __version__
from streamer.stream.overview import STATUSES, Overview


class Page(Collector):
    """What is looked up when the page is asked for."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    def collect(self) -> Iterator[Metric]:
        """The counts, and how things are at this moment."""
        overview = self._overview
        yield InfoMetricFamily(
            "streamer", "What runs here", {"version": __version__, "model_version": overview.model_version, "app": overview.app}
        )
        counts = overview.counts()
        yield CounterMetricFamily("streamer_records_read", "Records taken from the input topics", counts.pop("read"))
        records = CounterMetricFamily("streamer_records", "What became of them; the sum of these is the records read", labels=["outcome"])
        for outcome, count in counts.items():
            records.add_metric([outcome], count)
        yield records
        bounds = CounterMetricFamily("streamer_bounds_bitten", "How often a bound of a lead's row bit", labels=["bound"])
        for bound, count in overview.bounds_bitten().items():
            bounds.add_metric([bound], count)
        yield bounds
        lag = GaugeMetricFamily("streamer_lag_records", "Records on the broker that are not scored yet", labels=["topic", "partition"])
        for (topic, number), behind in overview.lags().items():
            if behind is not None:
                lag.add_metric([topic, str(number)], behind)
        yield lag
        partitions = GaugeMetricFamily("streamer_partitions", "Partition numbers that this worker owns", labels=["status"])
        leads = GaugeMetricFamily("streamer_leads", "Leads whose rows are kept here", labels=["partition"])
        standings = overview.partitions()
        for status in STATUSES:
            partitions.add_metric([status], sum(standing.status == status for standing in standings))
        for standing in standings:
            leads.add_metric([str(standing.number)], standing.leads)
        yield partitions
        yield leads
        yield GaugeMetricFamily("streamer_broker_up", "1 while the broker answers", float(overview.broker_answers))
