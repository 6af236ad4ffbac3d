"""The board in Chromium: who is hot now, and what happens while one looks."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from tests.serve.made import alert, alert_id, reason, scores
from tests.web.conftest import PHONE, Open
from tests.web.site import Site
from tests.web.story import Story
from topics.registry import LEAD_ALERTS, LEAD_SCORES

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]

HOT = 1000.0


def first(page: Page) -> str:
    """The id of the lead on the first place."""
    return page.locator(".leads > li").first.get_attribute("data-lead") or ""


def now_ms() -> int:
    """This machine's clock."""
    return time.time_ns() // 1_000_000


def test_the_hottest_leads_come_first_with_their_numbers(site: Site, story: Story, open_page: Open) -> None:
    """The board shows what the scorer published: total, name and stage of the best leads, in their order."""
    page = open_page(site.url)
    rows = page.locator(".leads > li")
    expect(rows).to_have_count(50)
    best = story.best()
    # Leads of other tests may be among them.
    shown = [float(row.locator(".value").inner_text()) for row in rows.all() if row.get_attribute("data-lead") in story.leads]
    assert len(shown) > 40
    assert shown == [round(lead.total, 2) for lead in best[: len(shown)]]
    for row in rows.all()[:10]:
        lead = story.leads[row.get_attribute("data-lead") or ""]
        expect(row.locator(".name")).to_have_text(str(lead.profile.get("name") or lead.lead_id))
        expect(row.locator(".stage")).to_have_text(lead.stage or "")
        assert row.locator(".reasons li").count() == min(3, len(lead.reasons))


def test_more_leads_are_shown_when_asked_for(site: Site, story: Story, open_page: Open) -> None:
    """The list begins with 50 leads; the rest comes when asked for."""
    page = open_page(site.url)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".leads > li")).to_have_count(len(site.get("/v1/leads", limit="200").content["leads"]))


def test_the_board_moves_while_one_looks(site: Site, open_page: Open) -> None:
    """A lead that gets hot rises on the open board, without a reload, and the page says by how much."""
    site.publish(LEAD_SCORES, "live-1", scores("live-1", 1.0, ms=now_ms()))
    page = open_page(site.url)
    page.evaluate("window.isSamePage = true")
    site.publish(LEAD_SCORES, "live-1", scores("live-1", HOT, ms=now_ms(), profile={"name": "Zofia Wrona"}))
    expect(page.locator(".leads > li").first.locator(".name")).to_have_text("Zofia Wrona")
    site.publish(LEAD_SCORES, "live-1", scores("live-1", HOT + 7, ms=now_ms(), profile={"name": "Zofia Wrona"}))
    expect(page.locator("li[data-lead=live-1] .delta")).to_have_text("+7")
    expect(page.locator("li[data-lead=live-1] .spark path.line")).to_be_visible()
    site.publish(LEAD_SCORES, "live-1", None)
    expect(page.locator("li[data-lead=live-1]")).to_have_count(0)
    assert page.evaluate("window.isSamePage")


def test_rows_do_not_run_away_from_the_pointer(site: Site, open_page: Open) -> None:
    """While the pointer moves over the list the rows keep their places; when it rests, or is gone, the news comes."""
    page = open_page(site.url)
    top = page.locator(".leads > li").first
    was_first, place = first(page), top.bounding_box()
    assert place is not None
    with ThreadPoolExecutor(1) as other:
        page.mouse.move(place["x"] + 40, place["y"] + 20)
        sent = other.submit(site.publish, LEAD_SCORES, "late", scores("late", HOT, ms=now_ms()))
        for step in range(30):
            page.mouse.move(place["x"] + 40 + step, place["y"] + 20)
            assert first(page) == was_first
            page.wait_for_timeout(100)
        sent.result()
    expect(top).to_have_attribute("data-lead", "late")
    site.publish(LEAD_SCORES, "late", None)
    expect(top).to_have_attribute("data-lead", was_first)


def test_an_alert_appears_by_itself(site: Site, open_page: Open) -> None:
    """An alert is on the open board without a reload: what, who, from where to where, why, and what to do."""
    page = open_page(site.url)
    expect(page.locator(".alerts > li")).to_have_count(30)
    site.publish(LEAD_ALERTS, "live-2", alert("live-2", 1, ms=now_ms(), reasons=[reason("five-visits", 33, times=2)]))
    newest = page.locator(".alerts > li").first
    expect(newest).to_have_attribute("data-alert", alert_id("live-2", 1))
    expect(newest).to_have_class(re.compile("new"))
    for words in ("hot", "Anna Nowak", "Ewa", "total 28 → 33, line at 30", "+33 five visits ×2", "→ call task"):
        expect(newest).to_contain_text(words)
    site.publish(LEAD_ALERTS, "live-2", alert("live-2", 1, ms=now_ms()))
    site.publish(LEAD_ALERTS, "live-2", alert("live-2", 2, ms=now_ms()))
    expect(page.locator(".alerts > li").first).to_have_attribute("data-alert", alert_id("live-2", 2))
    expect(page.locator(f"[data-alert='{alert_id('live-2', 1)}']")).to_have_count(1)


def test_alerts_that_are_not_in_view_are_counted(site: Site, open_page: Open) -> None:
    """On a phone, where the alerts are a page of their own, their number is on the way there until one goes to see them."""
    page = open_page(f"{site.url}/model", width=PHONE)
    expect(page.locator("#status")).to_have_text("Live")
    site.publish(LEAD_ALERTS, "live-3", alert("live-3", 1, ms=now_ms()))
    expect(page.locator("#unseen")).to_have_text("1")
    page.get_by_role("link", name="Alerts").click()
    expect(page.locator("#unseen")).to_be_hidden()
    expect(page.locator(".alerts > li").first).to_have_attribute("data-alert", alert_id("live-3", 1))


def test_filters_live_in_the_address(site: Site, story: Story, open_page: Open) -> None:
    """A filtered board can be sent to a colleague: the address holds the filters, and going back undoes them."""
    chosen = story.best()[0].stage
    page = open_page(site.url)
    expect(page.locator(".leads > li")).to_have_count(50)
    page.get_by_label("Stage", exact=True).select_option(chosen)
    page.wait_for_url(f"**/?stage={chosen}")
    number = sum(lead.stage == chosen for lead in story.leads.values())
    expect(page.locator(".leads > li")).to_have_count(min(50, number))
    again = open_page(page.url)
    expect(again.locator(".leads > li")).to_have_count(min(50, number))
    expect(again.get_by_label("Stage", exact=True)).to_have_value(chosen or "")
    page.go_back()
    expect(page.locator(".leads > li")).to_have_count(50)
    page.locator(".funnel a").first.click()
    expect(page.get_by_label("Stage", exact=True)).to_have_value("decision")


def test_a_wrong_filter_is_said(site: Site, open_page: Open) -> None:
    """An address with a filter that the API refuses shows its words and the way out, not an empty page."""
    page = open_page(f"{site.url}/?q={'long' * 100}", may_fail=True)
    expect(page.locator(".empty").first).to_contain_text("q: ")
    page.locator(".empty").get_by_role("button").click()
    expect(page.locator(".leads > li")).to_have_count(50)


def test_a_lead_is_found_by_typing(site: Site, open_page: Open) -> None:
    """Typing the beginning of a name finds the lead; what nothing matches is said, with the way out of it."""
    site.publish(LEAD_SCORES, "typed", scores("typed", 3.0, profile={"name": "Qwertyna Żuk", "company": "Hooli", "city": "Łódź"}))
    site.wait_for_answer("/v1/leads/typed")
    page = open_page(site.url)
    page.keyboard.press("/")
    page.keyboard.type("qwert")
    expect(page.locator(".leads > li")).to_have_count(1)
    expect(page.locator(".leads .who")).to_have_text(re.compile("Qwertyna Żuk.*Hooli · Łódź"))
    page.keyboard.type("nobody")
    expect(page.get_by_text("No lead matches these filters.")).to_be_visible()
    page.locator(".empty").get_by_role("button").click()
    expect(page.locator(".leads > li")).to_have_count(50)


def test_the_keyboard_is_enough(site: Site, open_page: Open) -> None:
    """j and k go through the leads, Enter opens one, j goes on to the next one's page, Escape leads back, ? says so."""
    page = open_page(site.url)
    expect(page.locator(".leads > li")).to_have_count(50)
    order = [row.get_attribute("data-lead") for row in page.locator(".leads > li").all()]
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator(".leads > li").first.locator(".name")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{order[0]}")
    page.keyboard.press("j")
    page.wait_for_url(f"**/leads/{order[1]}")
    page.keyboard.press("Escape")
    expect(page.locator(".leads > li")).to_have_count(50)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next, previous lead")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("m")
    page.wait_for_url("**/model")
