"""How it looks: on a phone and on a desk, light and dark, in three languages. The pictures are in pytest's temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.conftest import DESKTOP, PHONE, Open
from tests.web.site import Site
from tests.web.story import Story

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
