"""Who has the token gets in, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.kafka import KafkaBroker
from tests.redis import RedisServer
from tests.serve.made import scores
from tests.web.conftest import Open
from tests.web.site import Site, made
from topics.registry import LEAD_SCORES

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]

TOKEN = "made-for-this-test"


@pytest.fixture(scope="module")
def guarded(kafka_broker: KafkaBroker, redis_server: RedisServer) -> Iterator[Site]:
    """A dashboard with a token, and one lead."""
    with made(kafka_broker.address, redis_server.url, STREAMER_SERVE_TOKEN=TOKEN).up() as site:
        site.publish(LEAD_SCORES, "secret", scores("secret", 40))
        yield site


def test_a_token_opens_the_page_that_was_asked_for(guarded: Site, open_page: Open) -> None:
    """Without the token no data is shown; with it one comes to where one wanted to, and the cookie is out of reach of scripts."""
    page = open_page(f"{guarded.url}/leads/secret", may_fail=True)
    page.wait_for_url("**/login")
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This is not the token.")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/leads/secret")
    expect(page.locator(".standing .value")).to_have_text("40")
    expect(page.locator("#status")).to_have_text("Live")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert TOKEN not in cookie["value"]
    assert page.evaluate("document.cookie") == ""
