"""Texts that would be code, in every place where a page shows what came from outside."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.kafka import KafkaBroker
from tests.redis import RedisServer
from tests.serve.made import alert, reason, scores
from tests.web.conftest import Open
from tests.web.payloads import PAYLOADS
from tests.web.site import Site, made
from topics.registry import LEAD_ALERTS, LEAD_SCORES
from topics.times import format_rfc3339

pytestmark = [pytest.mark.browser, pytest.mark.kafka, pytest.mark.redis]

PROFILE = ("name", "email", "phone", "job_title", "company", "country", "city", "manager", "source")
# The elements that our scripts make: no payload adds another.
OURS = set(
    """a aside b button circle code datalist dd details div dl dt figure footer form g h1 h2 h3 header input label li line main ol option p
    path pre rect section select small span strong summary svg table tbody td text tfoot th thead time title tr ul""".split()  # noqa: SIM905 - reads better so
)


def model(folder: Path) -> Path:
    """A model whose version, patterns, stages and actions are hostile."""
    conditions = [{"id": f"rule-{place}", "when": "page_view", "where": {"path": text}, "points": 1} for place, text in enumerate(PAYLOADS)]
    document = {
        "version": PAYLOADS[0],
        "scores": {"interest": {}, "product": {"by": "category"}},
        "rules": conditions,
        "thresholds": [{"id": f"at-{place}", "at": place + 1, "action": text} for place, text in enumerate(PAYLOADS)],
        "stages": {text: place for place, text in enumerate(PAYLOADS)},
    }
    path = folder / "model.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    return path


@pytest.fixture(scope="module")
def hostile(kafka_broker: KafkaBroker, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A dashboard where every text is hostile: one lead and one alert for each payload."""
    now_ms = time.time_ns() // 1_000_000
    with made(kafka_broker.address, redis_server.url, model(tmp_path_factory.mktemp("hostile"))).up() as site:
        for number, text in enumerate(PAYLOADS):
            seen = {"topic": text, "partition": 0, "offset": 1, "event_id": text, "occurred_at": format_rfc3339(now_ms)}
            reasons = [reason(text, 10, evidence=[seen]), reason(text, 5, score="product", value=text, evidence=[seen])]
            common: dict[str, Any] = {"reasons": reasons, "stage": text, "model_version": text}
            common |= {"scores": {"interest": 10, "product": {text: 5}}, "profile": dict.fromkeys((*PROFILE, text), text)}
            changed = [scores(text, number + place, ms=now_ms - 60_000 * (1 - place), **common) for place in (0, 1)]
            site.publish(LEAD_SCORES, text, *changed)
            other = {"id": text, "action": text, "value": text, "score": text, "kind": ("threshold", "rule", "stage")[number % 3]}
            site.publish(LEAD_ALERTS, text, alert(text, number, ms=now_ms, **common | other))
        site.wait_for_answer("/v1/stats", lambda answer: answer.content["leads"] == answer.content["alerts"] == len(PAYLOADS))
        yield site


def nothing_ran(page: Page) -> None:
    """No payload ran, was stopped only by the policy, became an element, or got into an attribute that runs."""
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("window.violations") == []
    assert set(page.evaluate("[...document.querySelectorAll('#view *')].map((node) => node.localName)")) <= OURS
    attributes = page.evaluate("[...document.querySelectorAll('#view *')].flatMap((node) => node.getAttributeNames())")
    assert not [name for name in attributes if name.startswith("on") or name in {"style", "src", "srcdoc"}]
    links = page.evaluate("[...document.querySelectorAll('#view [href]')].map((node) => new URL(node.href).protocol)")
    assert set(links) <= {"http:", "tel:", "mailto:"}


def watched(page: Page, address: str) -> Page:
    """The page, which notes what its policy had to stop."""
    page.add_init_script(
        "window.violations = []; addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))"
    )
    page.goto(address)
    return page


def test_hostile_texts_stay_text_in_the_lists(hostile: Site, open_page: Open) -> None:
    """On the board and among the alerts each of 20 payloads is read as it was written, wherever it stands, and none runs."""
    page = watched(open_page("about:blank"), hostile.url)
    rows = page.locator(".leads > li")
    expect(rows).to_have_count(len(PAYLOADS))
    for row, text in zip(rows.all(), reversed(PAYLOADS), strict=True):
        assert row.locator(".name").text_content() == text
        assert row.locator(".who small").text_content() == f"{text} · {text}"
        assert row.locator(".stage").text_content() == text
        assert row.locator(".last small").text_content() == text
        assert text in (row.locator(".reasons li").first.text_content() or "") or "-" in text
    assert sorted(page.locator(".funnel a .name").all_text_contents()) == sorted(PAYLOADS)
    page.get_by_label("City").focus()
    expect(page.locator("#city-choices option")).to_have_count(len(PAYLOADS))
    nothing_ran(page)
    page.goto(f"{hostile.url}/alerts")
    alerts = page.locator(".alerts > li")
    expect(alerts).to_have_count(len(PAYLOADS))
    assert {node.locator(".who a").text_content() for node in alerts.all()} == set(PAYLOADS)
    changes = [node.locator(".change").text_content() or "" for node in alerts.all()]
    assert {re.sub(" 28 → 33, (line at 30|ahead by 30 or more)$", "", change) for change in changes} == set(PAYLOADS)
    nothing_ran(page)


def test_hostile_texts_stay_text_on_a_leads_page(hostile: Site, open_page: Open) -> None:
    """On the page of a lead each of 20 payloads is text in its profile, reasons, evidence, timeline, title and address."""
    page = watched(open_page("about:blank"), hostile.url)
    for text in PAYLOADS:
        page.goto(f"{hostile.url}/leads/{quote(text, safe='')}")
        expect(page.locator(".person h1")).to_have_text(text, use_inner_text=False)
        assert page.title() == f"{text} · streamer"
        assert page.locator(".person .hint").text_content() == " · ".join([text] * 3)
        assert (page.locator("#view dl").text_content() or "").count(text) >= 8
        assert page.locator(".why .rule").all_text_contents() == [text, text]
        assert page.locator(".why .of").all_text_contents() == [text]
        assert page.locator(".why details code").all_text_contents() == [text, text]
        assert page.locator(".timeline .topic").all_text_contents() == [text]
        nothing_ran(page)


def test_hostile_texts_stay_text_on_the_page_of_the_model(hostile: Site, open_page: Open) -> None:
    """On the page of the model each payload is text: in the version, the rules, the actions, the stages."""
    page = watched(open_page("about:blank"), f"{hostile.url}/model")
    expect(page.locator(".person .hint")).to_have_text(PAYLOADS[0])
    assert all(text in (page.locator(".rules").text_content() or "") for text in PAYLOADS)
    assert sorted(page.locator(".stage-list .stage").all_text_contents()) == sorted(PAYLOADS)
    nothing_ran(page)


def test_a_hostile_address_is_no_code(hostile: Site, open_page: Open) -> None:
    """What stands in the address, as a filter or a lead's id, is text as well."""
    page = watched(
        open_page("about:blank", may_fail=True), f"{hostile.url}/?q={quote(PAYLOADS[1])}&stage={quote(PAYLOADS[0])}&order=%3Cb%3E"
    )
    expect(page.get_by_label("Stage", exact=True)).to_have_value(PAYLOADS[0])
    nothing_ran(page)
    page.goto(f"{hostile.url}/leads/{quote('<b>nobody</b>', safe='')}")
    expect(page.get_by_text("There is no lead <b>nobody</b>")).to_be_visible()
    nothing_ran(page)
