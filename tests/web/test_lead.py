"""A lead's page in Chromium: how it stands, why, since when, and what is ahead."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from streamer.model.reader import read_model
from tests.serve.made import alert, reason, scores
from tests.web.conftest import Open
from tests.web.site import MODEL, Site
from tests.web.story import Story
from topics.alerts import Number
from topics.registry import LEAD_ALERTS, LEAD_SCORES
from topics.times import format_rfc3339

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]

DAY_MS = 86_400_000


def shown_number(page: Page, score: str, place: str) -> float:
    """A number of the table that explains a score."""
    return float(page.locator(f".why[data-score='{score}'] {place}").inner_text())


def flat(all_scores: dict[str, Number | dict[str, Number]]) -> dict[str, Number]:
    """`product[mens]` in place of the nested number."""
    return {
        name if category is None else f"{name}[{category}]": number
        for name, found in all_scores.items()
        for category, number in (found.items() if isinstance(found, dict) else [(None, found)])
    }


def test_the_reasons_add_up_to_the_score(site: Site, story: Story, open_page: Open) -> None:
    """Under every score of a lead stand its rules; their points add up to the sum, and the sum to the score, or the limit is said."""
    limits = {score.name: score for score in read_model(MODEL.read_text(), "model.yaml").model.scores}
    page = open_page(site.url)
    for lead in story.best()[:5]:
        page.goto(f"{site.url}/leads/{lead.lead_id}")
        expect(page.locator(".why")).to_have_count(len(flat(lead.scores)))
        for score, number in flat(lead.scores).items():
            assert shown_number(page, score, "header .value") == round(number, 2)
            earned = [float(row.get_attribute("data-points") or 0) for row in page.locator(f".why[data-score='{score}'] tbody tr").all()]
            if not earned:
                assert number == 0
                continue
            assert shown_number(page, score, ".sum td") == pytest.approx(sum(earned), abs=0.01)
            if page.locator(f".why[data-score='{score}'] .limited").count():
                assert shown_number(page, score, ".limited td") == limits[score.partition("[")[0]].max == number
            else:
                assert sum(earned) == pytest.approx(number)


def test_every_event_that_earned_is_on_the_timeline(site: Site, story: Story, open_page: Open) -> None:
    """Each record of the evidence is one line of the timeline, and so is each alert of the lead."""
    lead = story.best()[0]
    page = open_page(f"{site.url}/leads/{lead.lead_id}")
    events = {(one.topic, one.partition, one.offset) for because in lead.reasons for one in because.evidence}
    alerts = sum(one.lead_id == lead.lead_id for one in story.alerts)
    expect(page.locator(".timeline > li:not(.alert)")).to_have_count(len(events))
    expect(page.locator(".timeline > li.alert")).to_have_count(min(50, alerts))


def test_points_that_events_hold_together_are_shown_once(site: Site, open_page: Open) -> None:
    """Five visits in two days are worth ten points, not ten each: the timeline has them at the newest of the five."""
    now_ms = time.time_ns() // 1_000_000
    seen = [
        {"topic": "page-views", "partition": 0, "offset": n, "event_id": str(n), "occurred_at": format_rfc3339(now_ms - n * 60_000)}
        for n in range(5)
    ]
    reasons = [reason("five-in-two-days", 10, evidence=seen), reason("visit", 5, times=5, evidence=seen)]
    site.publish(LEAD_SCORES, "together", scores("together", 15, ms=now_ms, reasons=reasons))
    site.wait_for_answer("/v1/leads/together")
    page = open_page(f"{site.url}/leads/together")
    expect(page.locator(".timeline > li")).to_have_count(5)
    assert [text.startswith("+10") for text in page.locator(".timeline .reasons li:has-text('five in two days')").all_text_contents()] == [
        True,
        *[False] * 4,
    ]


def test_a_page_says_what_ends_when(site: Site, open_page: Open) -> None:
    """Points that expire say when, points that fade say how fast, points that stay say that."""
    now_ms = time.time_ns() // 1_000_000
    seen = {"topic": "email-events", "partition": 0, "offset": 1, "event_id": "m", "occurred_at": format_rfc3339(now_ms - 10 * DAY_MS)}
    reasons = [reason("mail-opened", 2, evidence=[seen]), reason("mail-clicked", 3, evidence=[seen]), reason("form", 10, evidence=[seen])]
    site.publish(LEAD_SCORES, "ends", scores("ends", 15, ms=now_ms, reasons=reasons))
    site.wait_for_answer("/v1/leads/ends")
    page = open_page(f"{site.url}/leads/ends")
    rows = page.locator(".why[data-score=interest] tbody tr")
    for rule, end in (("mail-opened", "in 19 days"), ("mail-clicked", "halves every 14 days"), ("form", "stays")):
        expect(rows.filter(has_text=rule).locator(".ends")).to_have_text(end)
    expect(page.locator(".ahead li")).to_have_text("in 19 daysmail opened -2")


def test_a_lead_changes_under_the_eye(site: Site, open_page: Open) -> None:
    """The open page of a lead follows its score and its alerts, shows them over time, and says so when the lead is erased."""
    now_ms = time.time_ns() // 1_000_000
    page = open_page(f"{site.url}/leads/moves", may_fail=True)
    expect(page.get_by_text("There is no lead moves")).to_be_visible()
    site.publish(LEAD_SCORES, "moves", scores("moves", 12, ms=now_ms - DAY_MS, profile={"phone": "+48 600 100 200"}))
    expect(page.locator(".standing .value")).to_have_text("12")
    expect(page.get_by_role("link", name="Call +48 600 100 200")).to_have_attribute("href", "tel:+48600100200")
    site.publish(LEAD_SCORES, "moves", scores("moves", 33, ms=now_ms))
    site.publish(LEAD_ALERTS, "moves", alert("moves", 1, ms=now_ms))
    expect(page.locator(".standing .value")).to_have_text("33")
    expect(page.locator(".timeline > li.alert")).to_have_count(1)
    expect(page.locator(".chart path.line")).to_be_visible()
    page.locator(".chart svg").hover(position={"x": 300, "y": 100})
    expect(page.locator(".chart text.cursor")).to_contain_text("12")
    site.publish(LEAD_SCORES, "moves", None)
    expect(page.get_by_text("There is no lead moves")).to_be_visible()
