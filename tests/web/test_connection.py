"""What the page says when it cannot know how things stand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.kafka import KafkaBroker
from tests.redis import RedisServer
from tests.serve.made import alert, scores
from tests.web.conftest import Open
from tests.web.site import Publisher, Site

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture
def fresh(publisher: Publisher, kafka_broker: KafkaBroker, redis_server: RedisServer) -> Iterator[Site]:
    """A dashboard that nothing has happened on yet."""
    with Site(publisher, kafka_broker.address, redis_server.url) as site:
        yield site


def test_from_nothing_through_a_loss_and_back(fresh: Site, open_page: Open) -> None:
    """An empty board says what to do; the first lead ends that; a lost server is said at once, and what was missed is made up for."""
    page = open_page(fresh.url, may_fail=True)
    expect(page.get_by_text("No leads yet")).to_be_visible()
    expect(page.get_by_text("streamer simulate")).to_be_visible()
    expect(page.get_by_text("No alerts yet")).to_be_visible()
    fresh.publish("lead-scores", "first", scores("first", 40))
    expect(page.locator(".leads > li")).to_have_count(1)
    expect(page.get_by_text("No leads yet")).to_be_hidden()

    fresh.stop()
    expect(page.locator("#banner")).to_contain_text("The connection was lost")
    expect(page.locator("#status")).to_have_text("Offline")
    expect(page.locator(".leads > li")).to_have_count(1)
    fresh.publish("lead-scores", "second", scores("second", 50))
    fresh.publish("lead-alerts", "second", alert("second", 1))
    fresh.start()
    expect(page.locator("#status")).to_have_text("Live", timeout=15_000)
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator(".leads > li").first.locator(".name")).to_have_text("second")
    expect(page.locator(".alerts > li")).to_have_count(1)
