"""How it looks: on a phone and on a desk, light and dark, in three languages. The pictures are in pytest's temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.conftest import DESKTOP, PHONE, Open
from tests.web.site import Site
from tests.web.story import Story

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]

STICKING_OUT = """() => [...document.querySelectorAll('body *')]
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest('.funnel, .skip'))
    .map((node) => node.outerHTML.slice(0, 100))"""
# WCAG 2 contrast of each text with the nearest background behind it that is not see-through.
TOO_PALE = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => { for (; node; node = node.parentElement) { const c = rgb(getComputedStyle(node).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255]; };
  const shown = [...document.querySelectorAll('body *')].filter((node) => node.checkVisibility() && !node.closest('svg, option') &&
    [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  return shown.map((node) => [node, light(rgb(getComputedStyle(node).color)), light(behind(node))])
    .filter(([, one, other]) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5).map(([node]) => node.outerHTML.slice(0, 100));
}"""


@pytest.mark.parametrize("locale", ["en-GB", "ru-RU", "pl-PL"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_everything_is_readable(site: Site, story: Story, open_page: Open, tmp_path: Path, width: int, dark: bool, locale: str) -> None:
    """On every page nothing sticks out of the screen, and every text stands out from what is behind it as WCAG AA asks."""
    page = open_page(site.url, width=width, dark=dark, locale=locale)
    for path, ready in (("/", ".leads > li"), (f"/leads/{story.best()[0].lead_id}", ".why"), ("/alerts", ".alerts > li"), ("/model", ".rules")):
        page.goto(site.url + path)
        expect(page.locator(ready).first).to_be_visible()
        page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '-') or 'board'}.png")
        assert page.evaluate(STICKING_OUT) == []
        assert page.evaluate(TOO_PALE) == []
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
