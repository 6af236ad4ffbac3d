"""The dashboard in a real Chromium, on a real `streamer serve` with a real Kafka and a real Redis."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.kafka import KafkaBroker
from tests.redis import RedisServer
from tests.web.site import Site, made
from tests.web.story import Story, told
from topics.alerts import encode_alert, encode_scores
from topics.registry import LEAD_ALERTS, LEAD_SCORES

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = 390
DESKTOP = 1280

Open = Callable[..., Page]


# The browser's driver runs an event loop in this thread, so that it must end before other tests run theirs: one for the package.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Where it is missing its tests are left out, but not in CI."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        reason = "tests of the dashboard need Chromium: chromium was not found"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def story() -> Story:
    """What the scorer says of made-up leads."""
    return told()


@pytest.fixture(scope="package")
def site(kafka_broker: KafkaBroker, redis_server: RedisServer, story: Story) -> Iterator[Site]:
    """A dashboard that shows the story; a test adds leads of its own names."""
    with made(kafka_broker.address, redis_server.url).up() as site:
        site.publish_all((LEAD_SCORES, lead.lead_id, encode_scores(lead)) for lead in story.leads.values())
        site.publish_all((LEAD_ALERTS, alert.lead_id, encode_alert(alert)) for alert in story.alerts)
        shown = {"leads": len(story.leads), "alerts": len(story.alerts)}
        site.wait_for_answer("/v1/stats", lambda answer: shown.items() <= answer.content.items())
        yield site


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens an address in a browser that nobody used before; what a page says on its console as an error fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(address: str, *, width: int = DESKTOP, dark: bool = False, locale: str = "en-GB", may_fail: bool = False) -> Page:
        height = 844 if width == PHONE else 860
        contexts.append(
            browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale=locale)
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" and not may_fail else None)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults
