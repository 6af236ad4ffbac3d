"""`streamer serve` on a real Kafka, behind a real worker."""

from __future__ import annotations

import math
import time

import orjson
import pytest

from tests.kafka import KafkaBroker
from tests.redis import RedisServer
from tests.serve.made import scores
from tests.serve.served import Served
from tests.stream.cluster import ROOT, Worker, wait_until
from topics.registry import ACTIVITIES, LEAD_PROFILES, LEAD_SCORES, PAGE_VIEWS

pytestmark = [pytest.mark.redis, pytest.mark.kafka]


@pytest.fixture
def served(kafka_broker: KafkaBroker, redis_server: RedisServer) -> Served:
    """Fresh topics."""
    made = Served(kafka_broker.address, redis=redis_server.url)
    made.create_topics()
    return made


def test_what_a_worker_decides_is_served(served: Served) -> None:
    """Events go in at one end; at the other a lead is found whose reasons add up to its score, with its alert and its evidence."""
    worker = Worker(served, ("streamer", "worker"), STREAMER_MODEL=str(ROOT / "model.yaml"))
    try:
        with served.running():
            profile = {"name": "Anna Nowak", "job_title": "Head of Purchasing", "city": "Warsaw", "manager": "Ewa"}
            served.publish(LEAD_PROFILES, "lead-42", orjson.dumps(profile))
            served.publish(PAGE_VIEWS, "lead-42", b'{"url": "https://shop.example/pricing", "visit_id": "v1", "event_id": "e1"}')
            served.publish(ACTIVITIES, "lead-42", b'{"name": "quote_opened", "event_id": "e2"}')
            wait_until(lambda: served.totals(q="anna head") == {} and bool(served.totals(q="anna")), lambda: str(served.get("/health")))
            wait_until(lambda: served.get("/v1/leads/lead-42").content["events"] == 2, lambda: str(served.get("/v1/leads/lead-42")))
            lead = served.get("/v1/leads/lead-42").content
            for name in ("interest", "fit"):
                assert math.isclose(sum(one["points"] for one in lead["reasons"] if one["score"] == name), lead["scores"][name])
            evidence = {found["event_id"] for one in lead["reasons"] for found in one.get("evidence", [])}
            assert {"e1", "e2"} <= evidence
            wait_until(
                lambda: len(served.get("/v1/leads/lead-42").content["alert_history"]) == lead["alerts"], lambda: "alerts are missing"
            )
            stats = served.get("/v1/stats").content
            assert stats["leads"] == 1 and stats["alerts"] == lead["alerts"] == sum(stats["alerts_by_channel"].values())
            assert stats["alerts_by_manager"] == {"Ewa": lead["alerts"]}
            assert stats["delay_ms"]["p99"] < 60_000
    finally:
        worker.kill()


def test_kafka_may_be_away(served: Served, kafka_broker: KafkaBroker) -> None:
    """While Kafka is away what the view has is served and said to be stale; when it is back, what comes is served again."""
    served.publish(LEAD_SCORES, "a", scores("a", 3))
    with served.running():
        served.wait_for({"a": 3})
        served.wait_for_health("ok")
        kafka_broker.stop()
        try:
            health = served.wait_for_health("stale")
            assert (health.status, health.content["redis"]) == (200, "ok")
            assert "no Kafka broker answers" in health.content["kafka"]
            time.sleep(1)
            assert served.totals() == {"a": 3}
            assert served.get("/v1/leads").content["stale_ms"] > 1_000
        finally:
            kafka_broker.start()
        served.publish(LEAD_SCORES, "b", scores("b", 4))
        served.wait_for({"b": 4, "a": 3})
        served.wait_for_health("ok")
