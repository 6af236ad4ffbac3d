"""How long a manager waits: for the first page, and for an alert."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.serve.made import alert
from tests.web.conftest import Open
from tests.web.site import Site
from topics.registry import LEAD_ALERTS
from topics.times import parse_rfc3339

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]

ALERTS = 100
AT_ONCE = 5
ALERT_MS_MAX = 500
FIRST_PAGE_MS_MAX = 1000
FIRST_PAGE_BYTES_MAX = 100 * 1024
# When each alert came to be on the page, by this machine's clock.
WATCH = """() => {
  window.seen = {};
  const note = (node) => { seen[node.dataset.alert] ??= Date.now(); };
  new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(note)))
    .observe(document.querySelector('.alerts'), { childList: true });
}"""


def test_an_alert_is_on_the_screen_within_half_a_second(site: Site, open_page: Open) -> None:
    """From the alert's publishing to its being on the open board: p99 at most 500 ms."""
    page = open_page(site.url)
    expect(page.locator("#status")).to_have_text("Live")
    page.evaluate(WATCH)
    for number in range(0, ALERTS, AT_ONCE):
        now_ms = time.time_ns() // 1_000_000
        site.publish(LEAD_ALERTS, "quick", *(alert("quick", place, ms=now_ms) for place in range(number, number + AT_ONCE)))
    page.wait_for_function(f"Object.keys(seen).length >= {ALERTS}")
    seen_ms = page.evaluate("seen")
    listed = site.get("/v1/alerts", lead="quick", limit="200").content["alerts"]
    produced_ms = {one["alert_id"]: parse_rfc3339(one["seen_at"]) for one in listed}
    assert len(produced_ms) == ALERTS
    delays_ms = sorted(seen_ms[alert_id] - sent_ms for alert_id, sent_ms in produced_ms.items())
    assert delays_ms[0] >= 0
    assert delays_ms[ALERTS * 99 // 100] <= ALERT_MS_MAX, delays_ms


def test_the_first_page_is_quick_and_small(site: Site, open_page: Open) -> None:
    """A browser that was never here shows the leads within a second, after at most 100 KiB of files."""
    page = open_page("about:blank")
    began_s = time.monotonic()
    page.goto(site.url)
    expect(page.locator(".leads > li").first).to_be_visible()
    assert (time.monotonic() - began_s) * 1000 <= FIRST_PAGE_MS_MAX
    files = page.evaluate("""performance.getEntries().filter((entry) => 'transferSize' in entry && !entry.name.includes('/v1/'))
        .map((entry) => entry.transferSize)""")
    assert len(files) > 10
    assert sum(files) <= FIRST_PAGE_BYTES_MAX
