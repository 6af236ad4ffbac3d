"""`streamer topics` and `streamer simulate` on a broker: what they make, what they publish, what they refuse."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import orjson
import pytest

from streamer.operate.commands import run
from streamer.operate.simulation import simulate
from streamer.settings import Settings
from streamer.stream.follow import Followed, follow
from topics.registry import INPUT_TOPICS, TOPICS

pytestmark = pytest.mark.embedded
START_MS = 1_767_225_600_000


def published(settings: Settings, number: int) -> list[Followed]:
    """The first records of the input topics, so many of them."""

    async def read() -> list[Followed]:
        found: list[Followed] = []
        async with aclosing(follow(settings, [topic.name for topic in INPUT_TOPICS])) as batches:
            while len(found) < number:
                found += await anext(batches)
        return found

    return asyncio.run(asyncio.wait_for(read(), 60))


def test_topics_are_made_once_and_a_mismatch_is_refused(embedded_broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The first run says what it created, the second what exists, and another number of partitions is exit code 1."""
    options = ["--broker", embedded_broker, "--topic-prefix", "cli-topics.", "--app", "shop"]
    assert run(["topics", *options, "--partitions", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:-2]] == [["created", f"cli-topics.{topic.name}"] for topic in TOPICS]
    assert lines[-2].split() == ["created", "cli-topics.shop-leads-changelog", "3", "partitions,", "compact"]
    assert lines[-1] == f"ok: 13 topics created, 0 verified on {embedded_broker}"
    assert run(["topics", *options, "--partitions", "3"]) == 0
    assert capsys.readouterr().out.endswith(f"ok: 0 topics created, 13 verified on {embedded_broker}\n")
    assert run(["topics", *options]) == 1
    error = capsys.readouterr().err
    assert error == "streamer: topic cli-topics.page-views has 3 partitions, expected 12 (STREAMER_PARTITIONS); and 12 more like it\n"


def test_simulated_events_arrive_as_they_were_made(embedded_broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that the simulation makes is on its topic, in the order of its lead."""
    settings = Settings(broker=embedded_broker, topic_prefix="cli-simulate.", partitions=2)
    options = ["--broker", embedded_broker, "--topic-prefix", "cli-simulate."]
    assert run(["topics", *options, "--partitions", "2"]) == 0
    assert run(["simulate", *options, "--leads", "20", "--events", "500", "--rate", "1", "--seed", "3", "--start", str(START_MS)]) == 0
    made = list(simulate(leads=20, events=500, rate=1, seed=3, start_ms=START_MS))
    assert capsys.readouterr().out.endswith(f"ok: {len(made)} records published to {embedded_broker}\n")
    found = published(settings, len(made))
    for key in {record.key for record in made}:
        for topic in INPUT_TOPICS:
            expected = [record.value for record in made if record.key == key and record.topic is topic]
            assert [record.value for record in found if record.key == key and record.topic == topic.name] == expected


def test_simulate_needs_the_topics(embedded_broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without its topics it publishes nothing, and says which command makes them."""
    assert run(["simulate", "--broker", embedded_broker, "--topic-prefix", "cli-missing."]) == 1
    assert "cli-missing.page-views is missing" in (error := capsys.readouterr().err)
    assert error.endswith(": run `streamer topics` first\n")


def test_dry_run_prints_what_would_be_published(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """With --dry-run the same records are lines for `streamer score`, and no broker is needed."""
    assert run(["simulate", "--broker", "127.0.0.1:1", "--dry-run", "--leads", "5", "--events", "50", "--start", str(START_MS)]) == 0
    lines = [orjson.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    made = list(simulate(leads=5, events=50, rate=100, seed=1, start_ms=START_MS))
    assert [(line["topic"], line["key"].encode(), line["timestamp"]) for line in lines] == [
        (record.topic.name, record.key, record.timestamp) for record in made
    ]
    assert [line["value"] for line in lines] == [orjson.loads(record.value) for record in made]
