"""What the page says when it cannot know how things stand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.kafka import KafkaBroker
from tests.redis import RedisServer
from tests.serve.made import alert, scores
from tests.web.conftest import Open
from tests.web.site import made
from topics.registry import LEAD_ALERTS, LEAD_SCORES

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]


def test_from_nothing_through_a_loss_and_back(kafka_broker: KafkaBroker, redis_server: RedisServer, open_page: Open) -> None:
    """An empty board says what to do; the first lead ends that; a lost server is said at once, and what was missed is made up for."""
    fresh = made(kafka_broker.address, redis_server.url)
    with fresh.up():
        page = open_page(fresh.url, may_fail=True)
        expect(page.get_by_text("No leads yet")).to_be_visible()
        expect(page.get_by_text("streamer simulate")).to_be_visible()
        expect(page.get_by_text("No alerts yet")).to_be_visible()
        fresh.publish(LEAD_SCORES, "first", scores("first", 40))
        expect(page.locator(".leads > li")).to_have_count(1)
        expect(page.get_by_text("No leads yet")).to_be_hidden()

    expect(page.locator("#banner")).to_contain_text("The connection was lost")
    expect(page.locator("#status")).to_have_text("Offline")
    expect(page.locator(".leads > li")).to_have_count(1)
    fresh.publish(LEAD_SCORES, "second", scores("second", 50))
    fresh.publish(LEAD_ALERTS, "second", alert("second", 1))
    with fresh.up():
        expect(page.locator("#status")).to_have_text("Live", timeout=15_000)
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.locator(".leads > li").first.locator(".name")).to_have_text("second")
        expect(page.locator(".alerts > li")).to_have_count(1)
