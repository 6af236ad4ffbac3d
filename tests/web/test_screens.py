"""How it looks: on a phone and on a desk, light and dark, in three languages. The pictures are in pytest's temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.serve.made import scores
from tests.web.conftest import DESKTOP, PHONE, Open
from tests.web.site import Site
from tests.web.story import Story
from topics.registry import LEAD_SCORES

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]

UNREADABLE = Path(__file__).with_name("readable.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("width", "dark", "locale"),
    [(PHONE, False, "en-GB"), (PHONE, True, "ru-RU"), (PHONE, False, "pl-PL"), (DESKTOP, False, "ru-RU"), (DESKTOP, True, "en-GB")],
)
def test_everything_is_readable(site: Site, story: Story, open_page: Open, tmp_path: Path, width: int, dark: bool, locale: str) -> None:
    """On every page nothing sticks out of the screen, and every text stands out from what is behind it as WCAG AA asks."""
    page = open_page(site.url, width=width, dark=dark, locale=locale)
    parts = {"/": ".leads > li", f"/leads/{story.best()[0].lead_id}": ".why", "/alerts": ".alerts > li", "/model": ".rules"}
    for path, part in parts.items():
        page.goto(site.url + path)
        expect(page.locator(part).first).to_be_visible()
        page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '-') or 'board'}.png")
        assert page.evaluate(UNREADABLE) == {"stickingOut": [], "tooPale": []}
    assert page.locator("html").get_attribute("lang") == locale[:2]


def test_the_search_box_stays_where_one_types(site: Site, open_page: Open) -> None:
    """The box is in line with the fields beside it, also when a button to clear them has come below."""
    page = open_page(site.url)
    expect(page.locator(".leads > li")).to_have_count(50)
    tops = "['search', 'stage'].map((id) => Math.round(document.getElementById(id).getBoundingClientRect().top))"
    search, stage = page.evaluate(tops)
    assert search == stage
    page.locator("#search").fill("nobody")
    expect(page.get_by_text("No lead matches these filters.")).to_be_visible()
    assert page.evaluate(tops) == [search, stage]


def test_a_number_to_call_is_on_one_line(site: Site, open_page: Open) -> None:
    """On a phone the buttons to call and to write stand below one another where they do not fit side by side."""
    profile: dict[str, object] = {"phone": "+48 633 393 508", "email": "ada.wisniewska@northwind.example"}
    site.publish(LEAD_SCORES, "called", scores("called", 12, profile=profile))
    site.wait_for_answer("/v1/leads/called")
    page = open_page(f"{site.url}/leads/called", width=PHONE)
    box = page.get_by_role("link", name="Call +48").bounding_box()
    assert box is not None
    assert box["height"] < 50


def test_the_theme_is_remembered(site: Site, open_page: Open) -> None:
    """Who chooses the dark keeps it, whatever the system says."""
    page = open_page(site.url)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
