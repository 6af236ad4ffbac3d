"""`streamer serve` as a process: it follows the topics, and neither Redis nor Kafka stops it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
import redis as redis_client

from tests.redis import RedisServer
from tests.serve.made import alert, alert_id, scores
from tests.serve.served import Event, Served
from tests.stream.cluster import wait_until
from topics.registry import LEAD_ALERTS, LEAD_SCORES

pytestmark = [pytest.mark.redis, pytest.mark.embedded]


@pytest.fixture
def served(embedded_broker: str, redis_server: RedisServer) -> Served:
    """Fresh topics."""
    made = Served(embedded_broker, redis=redis_server.url)
    made.create()
    return made


def now_ms() -> int:
    """Now, in ms."""
    return time.time_ns() // 1_000_000


def test_scores_and_alerts_are_served_as_they_come(served: Served) -> None:
    """What is published can be asked for within a second, erased leads are gone, and SIGTERM ends all with exit code 0."""
    served.publish(LEAD_SCORES, "a", scores("a", 3), scores("a", 5))
    served.publish(LEAD_SCORES, "b", scores("b", 40, stage="hot"))
    served.publish(LEAD_ALERTS, "b", alert("b", 1, ms=now_ms()))
    with served.running() as process:
        served.wait_for({"b": 40, "a": 5})
        served.publish(LEAD_SCORES, "c", scores("c", 50))
        served.wait_for({"c": 50, "b": 40, "a": 5})
        wait_until(lambda: bool(served.get("/v1/alerts").content["alerts"]), lambda: "no alert")
        lead = served.get("/v1/leads/b").content
        assert [one["alert_id"] for one in lead["alert_history"]] == [alert_id("b", 1)]
        served.publish(LEAD_SCORES, "b", None)
        served.wait_for({"c": 50, "a": 5})
        assert served.get("/v1/leads/b").status == 404
        assert served.get("/v1/alerts").content["alerts"] == []
        health = served.wait_for_health("ok").content
        assert (health["redis"], health["kafka"], health["rebuilding"]) == ("ok", "ok", None)
        assert 0 <= health["stale_ms"] < 5_000
        # One who watches does not keep it from ending.
        watching = threading.Thread(target=lambda: list(served.events()))
        watching.start()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        watching.join(5)
        assert not watching.is_alive()


def test_wiped_redis_is_filled_again(served: Served, redis_server: RedisServer) -> None:
    """When the view is wiped under the running server, it is built again from the topics, with no restart."""
    expected = {f"lead-{n}": float(n) for n in range(30)}
    served.publish_all((LEAD_SCORES, lead, scores(lead, total)) for lead, total in expected.items())
    served.publish(LEAD_ALERTS, "lead-7", alert("lead-7", 1), alert("lead-7", 2))
    with served.running():
        served.wait_for(expected, limit="200")
        wipe(served)
        served.wait_for(expected, limit="200")
        served.wait_for_health("ok")
        wait_until(lambda: len(served.get("/v1/alerts").content["alerts"]) == 2, lambda: "not all alerts")


def test_redis_may_go_and_come_back_empty(served: Served, redis_server: RedisServer) -> None:
    """While Redis is away data are answered with 503 and the health says so; when it is back, all is there again."""
    served.publish(LEAD_SCORES, "a", scores("a", 3))
    with served.running():
        served.wait_for({"a": 3})
        redis_server.stop()
        try:
            assert served.wait_for_health("down").status == 503
            answer = served.get("/v1/leads")
            assert (answer.status, answer.content) == (503, {"error": "Redis does not answer"})
            served.publish(LEAD_SCORES, "b", scores("b", 4))
        finally:
            redis_server.start()
        served.wait_for({"b": 4, "a": 3})
        served.wait_for_health("ok")


def test_it_goes_on_where_it_was(served: Served) -> None:
    """A server that was down for a while catches up with what came; what it had read is not read again."""
    served.publish(LEAD_SCORES, "a", scores("a", 1), scores("a", 2, ms=now_ms()))
    with served.running():
        served.wait_for({"a": 2})
    served.publish(LEAD_SCORES, "b", scores("b", 3))
    with served.running():
        served.wait_for({"b": 3, "a": 2})
        assert len(served.get("/v1/leads/a").content["history"]) == 2


def test_unreadable_records_are_left_out(served: Served) -> None:
    """A record that is no score or alert of ours is passed over; what comes after it is served."""
    served.publish(LEAD_SCORES, "a", b"\xff", b"[]", b'{"lead_id": "a"}', scores("a", 1))
    served.publish(LEAD_ALERTS, "a", b"{}", alert("a", 1, alert_id="odd"), alert("a", 2))
    with served.running():
        served.wait_for({"a": 1})
        wait_until(lambda: len(served.get("/v1/alerts").content["alerts"]) == 1, lambda: "no alert")


def test_alerts_are_told_at_once_and_after_a_break(served: Served) -> None:
    """Who watches gets each alert once as it comes, and after a break those that were missed; changes of scores are told too."""
    with served.running():
        served.wait_for_health("ok")
        found: list[Event] = []
        events = served.events()
        reading = threading.Thread(target=lambda: found.extend(itertools.islice(events, 3)))
        reading.start()
        time.sleep(0.5)
        sent_s = time.time()
        served.publish(LEAD_ALERTS, "a", alert("a", 1, ms=now_ms()), alert("a", 1, ms=now_ms()), alert("a", 2, ms=now_ms()))
        served.publish(LEAD_SCORES, "a", scores("a", 1))
        reading.join(15)
        events.close()
        # The change is of another topic, and may be told before the alerts, or between them.
        first, second = (event for event in found if event.kind == "alert")
        (changed,) = (event for event in found if event.kind == "changed")
        assert [first.data["alert_id"], second.data["alert_id"]] == [alert_id("a", 1), alert_id("a", 2)]
        assert first.at_s - sent_s < 5
        assert changed.data == {"leads": 1}
        events = served.events(after=first.id)
        assert next(events)[:3] == second[:3]
        events.close()


def test_a_view_that_is_kept_no_more_ends_the_server(served: Served) -> None:
    """When the process that keeps the view is killed the server ends with exit code 1: whoever started it starts both again."""
    with served.running() as process:
        served.wait_for_health("ok")
        os.kill(keeper_of(process), signal.SIGKILL)
        assert process.wait(15) == 1


def keeper_of(process: subprocess.Popen[bytes]) -> int:
    """The process id of the keeper that this server started."""
    for one in Path("/proc").glob("[0-9]*"):
        try:
            words = (one / "cmdline").read_bytes().split(b"\0")
            group = os.getsid(int(one.name))
            parent = int((Path("/proc") / str(group) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if b"view" in words and b"-m" in words and b"/bin/sh" not in words and parent == process.pid:
            return int(one.name)
    raise AssertionError("there is no keeper")


def wipe(served: Served) -> None:
    """Removes everything that Redis holds of this application."""
    client = redis_client.Redis.from_url(served.redis)
    keys = list(client.scan_iter(f"{served.app}:*"))
    assert keys
    client.delete(*keys)
    client.close()
