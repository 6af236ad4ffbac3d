"""The README keeps its word: its model is accepted, its alert is an alert, its programs run against a broker."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import click
import orjson
import pytest

from streamer.model import read_model
from streamer.operate.commands import streamer
from streamer.operate.embedded import EmbeddedBroker
from streamer.settings import Settings
from streamer.stream.admin import ensure_topics
from streamer.stream.publish import Publisher
from topics import EventReader, Refusal, decode_alert
from topics.registry import LEAD_ALERTS, PAGE_VIEWS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_links_lead_somewhere() -> None:
    """Every link to a file of the repository has that file."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (Path(__file__).parent.parent / target).exists(), target


def test_model_is_accepted_without_a_warning() -> None:
    """The model of the README is one that `streamer check` finds nothing wrong with, in about twenty lines."""
    (model,) = blocks("yaml")
    assert read_model(model, "README.md").warnings == ()
    assert len(model.splitlines()) <= 25


def test_alert_is_an_alert() -> None:
    """The alert of the README has every field of an alert, and its points add up to its scores."""
    (text,) = blocks("json")
    alert = decode_alert(text.replace("[…]", "[]").encode())
    for name, value in alert.scores.items():
        if not isinstance(value, dict):
            assert sum(reason.points for reason in alert.reasons if reason.score == name) == value


def test_commands_exist() -> None:
    """Every `streamer` command that the README types is one, with options that it has."""
    commands = re.findall(r"(?:^|\| )streamer (\w+)([^|#\n]*)", "\n".join(blocks("sh")), re.MULTILINE)
    assert {name for name, _ in commands} >= {"topics", "worker", "check", "simulate", "score"}
    for name, rest in commands:
        command = streamer.get_command(click.Context(streamer), name)
        assert command is not None, name
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", rest)) <= known


@pytest.mark.embedded
def test_programs_run() -> None:
    """The producer publishes its event, the consumer prints an alert that is there."""
    # A broker of its own: the programs use the topics' real names, without a prefix.
    with EmbeddedBroker() as broker:
        run_programs(broker.address)


def run_programs(address: str) -> None:
    """Runs the Python of the README on this broker, with one alert on it."""
    produce, consume = (block.replace("127.0.0.1:9092", address) for block in blocks("python"))
    settings = Settings(broker=address, partitions=2)
    (alert,) = blocks("json")
    value = orjson.dumps(orjson.loads(alert.replace("[…]", "[]")))

    async def prepare() -> None:
        await ensure_topics(settings, [PAGE_VIEWS, LEAD_ALERTS])
        async with Publisher(settings) as publisher:
            await publisher.send(LEAD_ALERTS.name, b"lead-42", value, 1000)

    asyncio.run(prepare())
    done = subprocess.run([sys.executable, "-W", "error", "-c", produce], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    with subprocess.Popen([sys.executable, "-u", "-c", consume], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        try:
            assert reader.stdout.readline() == "dac6d5b8d978a51504fee582109af3ac lead-42 hot call-task\n"
        finally:
            reader.kill()


def test_event_of_the_readme_is_accepted() -> None:
    """The event that the README publishes is a good one, with a path that the pricing rule matches."""
    event = {"event_id": "e", "occurred_at": 1000, "url": "https://shop.example/pricing", "visit_id": "v-1"}
    assert all(f'"{field}"' in blocks("python")[0] for field in event)
    found = EventReader(PAGE_VIEWS).read(b"lead-42", orjson.dumps(event), 1000)
    assert not isinstance(found, Refusal)
