"""A dashboard for a browser: a broker and a Redis come in; `streamer serve` runs on topics of its own, at an address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.serve.served import Answer, Served
from tests.stream.cluster import ROOT, wait_until
from topics.registry import Topic

MODEL: Final = ROOT / "model.yaml"


@dataclass
class Site(Served):
    """`streamer serve`; its topics are written from another thread, because the driver of a browser runs an event loop in this one."""

    partitions: int = 2

    @property
    def url(self) -> str:
        """The address of the board."""
        return f"http://127.0.0.1:{self.port}"

    def create(self) -> None:
        """Makes the two topics that it reads."""
        _elsewhere(super().create)

    def publish_all(self, records: Iterable[tuple[Topic, str, bytes | None]]) -> None:
        """Publishes records, by Kafka's default partitioner."""
        _elsewhere(lambda: super(Site, self).publish_all(records))

    def wait_for_answer(self, path: str, is_so: Callable[[Answer], bool] = lambda answer: answer.status == 200) -> None:
        """Waits until the API answers so."""
        wait_until(lambda: is_so(self.get(path)), lambda: str(self.get(path)))

    @contextmanager
    def up(self) -> Iterator[Site]:
        """The dashboard, from the moment that its view is complete."""
        with self.running():
            self.wait_for_health("ok")
            yield self


def made(broker: str, redis: str, model: Path = MODEL, **environ: str) -> Site:
    """A dashboard with fresh topics, not yet running."""
    site = Site(broker, redis=redis, environ={"STREAMER_MODEL": str(model)} | environ)
    site.create()
    return site


def _elsewhere(work: Callable[[], Any]) -> None:
    with ThreadPoolExecutor(1) as other:
        other.submit(work).result()
