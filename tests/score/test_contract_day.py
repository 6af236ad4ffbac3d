"""The example model of the contract, section 3, and a lead's days under it: the exact alerts, worked out by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.score.script import Script, told
from topics.alerts import encode_alert

MODEL = (Path(__file__).parent / "autumn_sale.yaml").read_text(encoding="utf-8")


@pytest.fixture
def script() -> Script:
    """A lead of which nothing is known."""
    return Script(MODEL)


def morning(script: Script) -> list[object]:
    """Four looks at prices in one visit: visit 4 × 1, pricing 15 and not 20, came-again nothing yet."""
    found: list[object] = []
    for minute in ("00", "10", "20", "30"):
        found += script.view(f"09:{minute}", "/pricing?from=ad", visit_id="v1")
    return found


def test_the_fifth_visit(script: Script) -> None:
    """The fifth page view brings its point, 5 for the second visit and 10 for five in two days: from 19 to 35."""
    assert morning(script) == []
    alerts = script.view("10:00:00.123", "/", visit_id="v2")
    assert told(alerts) == [
        ("rule", "five-visits", "up", "interest", 19, 35, None),
        ("threshold", "hot", "up", "total", 19, 35, None),
        ("stage", "stage", "up", "total", 19, 35, "interest"),
    ]
    hot = alerts[1]
    assert re.fullmatch("[0-9a-f]{32}", hot.alert_id)

    def record(offset: int, time: str | None) -> dict[str, object]:
        found: dict[str, object] = {"topic": "page-views", "partition": 0, "offset": offset, "event_id": f"page-views/0/{offset}"}
        return found if time is None else {**found, "occurred_at": f"2026-11-22T{time}Z"}

    times = ["09:00:00.000", "09:10:00.000", "09:20:00.000", "09:30:00.000", "10:00:00.123"]
    records = [record(offset, time) for offset, time in enumerate(times)]
    assert json.loads(encode_alert(hot)) == {
        "alert_id": hot.alert_id,
        "kind": "threshold",
        "id": "hot",
        "direction": "up",
        "lead_id": "lead-42",
        "score": "total",
        "before": 19,
        "after": 35,
        "at": 30,
        "scores": {"interest": 35, "product": {}, "fit": 0},
        "total": 35,
        "stage": "interest",
        "occurred_at": "2026-11-22T10:00:00.123Z",
        "decided_at": "2026-11-22T10:00:00.123Z",
        "model_version": "autumn-sale-3",
        "action": "call-task",
        "value": None,
        "trigger": record(4, None),
        "reasons": [
            {"rule": "visit", "score": "interest", "points": 5, "times": 5, "evidence": records},
            {"rule": "came-again", "score": "interest", "points": 5, "times": 1, "evidence": records[4:]},
            {"rule": "pricing", "score": "interest", "points": 15, "times": 3, "evidence": records[:3]},
            {"rule": "five-visits", "score": "interest", "points": 10, "times": 1, "evidence": records},
        ],
        "profile": {},
    }
    assert (alerts[0].at, alerts[0].action, alerts[2].at) == (None, None, 30)


def test_a_decider_with_a_quote_and_silence(script: Script) -> None:
    """Who the lead is, what came in order, what did not come in time, what left its window: each with its numbers."""
    morning(script)
    script.view("10:00", "/", visit_id="v2")
    # head 100 and capital 5: 105 is not below 100, so nothing for the HR people; total 35 + 105
    assert told(script.profile("10:30", job_title="Head of sales", city="WARSAW")) == [
        ("threshold", "to-top-managers", "up", "fit", 0, 105, None),
        ("stage", "stage", "up", "total", 35, 140, "decision"),
    ]
    assert told(script.send("activities", "11:00", name="quote_opened")) == []
    assert told(script.send("calls", "12:00", direction="inbound", outcome="answered")) == [
        ("rule", "quote-then-call", "up", "interest", 55, 65, None)
    ]
    assert told(script.send("activities", "13:00", name="quote_opened")) == []
    assert told(script.wait("23T12:59:59.999")) == []
    silence = script.wait("23T13:00")
    assert told(silence) == [("rule", "keen-silence", "up", "interest", 85, 90, None)]
    assert (silence[0].trigger, silence[0].occurred_at) == (None, "2026-11-23T13:00:00.000Z")
    scores = script.scores()
    assert scores is not None
    assert (scores.total, scores.stage, scores.events, scores.alerts) == (195, "decision", 8, 7)
    # two days after the first page view only four are left of the five: 10 points go, quietly
    assert script.wait("24T08:59:59.999") == []
    assert script.scores() is None
    assert script.wait("24T09:00") == []
    scores = script.scores()
    assert scores is not None
    assert (scores.total, scores.scores) == (185, {"interest": 80, "product": {}, "fit": 105})
    assert scores.updated_at == "2026-11-24T09:00:00.000Z"
    # without a profile 80 are left: back from decision to conviction
    assert told(script.profile("24T10:00")) == [("stage", "stage", "down", "total", 185, 80, "conviction")]


def test_a_lead_that_chooses_a_product(script: Script) -> None:
    """The tenth different page of one category: the rule rises for that category, and the category leads."""
    found = []
    for number in range(10):
        found.append(told(script.view(f"10:{number:02}", f"/catalog/suits/{number}", category="mens")))
    assert found[4] == [("rule", "five-visits", "up", "interest", 4, 15, None)]
    assert found[9] == [
        ("rule", "choosing", "up", "product", 0, 50, "mens"),
        ("threshold", "leader", "up", "product[mens]", 0, 50, "mens"),
    ]
    assert [alerts for number, alerts in enumerate(found) if number not in (4, 9)] == [[]] * 8
    scores = script.scores()
    assert scores is not None
    assert scores.scores == {"interest": 20, "product": {"mens": 50}, "fit": 0}
    assert [(reason.rule, reason.points, reason.value) for reason in scores.reasons] == [
        ("visit", 10, None),
        ("five-visits", 10, None),
        ("choosing", 50, "mens"),
    ]


def test_mails_webinars_and_purchases(script: Script) -> None:
    """Once per message and webinar, half after 14 days, gone after 30, for good at the second purchase."""
    script.send("email-events", "10:00", action="opened", message_id="m1")
    script.send("email-events", "10:01", action="opened", message_id="m1")
    script.send("email-events", "10:02", action="opened")  # without the id it earns nothing
    script.send("email-events", "10:03", action="clicked")
    script.send("webinars", "10:04", action="watched", webinar_id="w1", percent=49.9)
    script.send("webinars", "10:05", action="watched", webinar_id="w1", percent=50)
    script.send("webinars", "10:06", action="watched", webinar_id="w1", percent=100)
    scores = script.scores()
    assert scores is not None
    # 2 for the mail, 10 for the webinar, 3 for the click three minutes ago: 3 × 2 ** (-180 / 1209600) = 2.9996906
    assert scores.total == pytest.approx(2 + 10 + 3 * 2 ** (-180 / 1_209_600), abs=2e-6)
    script.send("purchases", "10:07", order_id="o1", amount=10)
    assert told(script.send("purchases", "10:08", order_id="o2", amount=10)) == [
        ("threshold", "hot", "up", "total", pytest.approx(14.9995, abs=1e-4), pytest.approx(44.9995, abs=1e-4), None),
        ("stage", "stage", "up", "total", pytest.approx(14.9995, abs=1e-4), pytest.approx(44.9995, abs=1e-4), "interest"),
    ]
    script.wait("2026-12-22T10:00:00Z")
    scores = script.scores()
    assert scores is not None
    assert [(reason.rule, reason.times) for reason in scores.reasons] == [("click", 1), ("webinar-half", 1), ("bought-again", 1)]


def test_machines_and_repeats_change_nothing(script: Script) -> None:
    """A mail scanner's click is not scored, and the same event twice is one, whatever topic it comes by."""
    script.send("email-events", "10:00", action="clicked", human=False)
    assert script.scores() is None
    script.send("activities", "10:00", name="quote_opened", event_id="e1")
    script.send("messages", "10:01", event_id="e1")
    scores = script.scores()
    assert scores is not None
    assert (scores.total, scores.events, scores.first_seen_at) == (20, 1, "2026-11-22T10:00:00.000Z")
    counts = script.partition.counts
    assert (counts.read, counts.scored, counts.machine, counts.duplicate) == (3, 1, 1, 1)


def test_cooled_and_hot_again(script: Script) -> None:
    """Below 10 the lead has cooled; hot fires again only after it was below 20, and a day after the last time."""
    model = """
version: v
scores: {interest: {min: 0, max: 100}}
rules: [{id: quote, when: activity, points: 12, expires_after: 2h}]
thresholds:
- {id: hot, score: total, at: 30, rearm_below: 20, cooldown: 1d, action: call-task}
- {id: cooled, score: total, falls_below: 10}
"""
    script = Script(model)
    assert told(script.send("activities", "10:00", name="a")) == []
    assert told(script.send("activities", "10:10", name="a")) == []
    assert told(script.send("activities", "10:20", name="a")) == [("threshold", "hot", "up", "total", 24, 36, None)]
    assert told(script.wait("12:00")) == []  # 24 is not below 20
    assert told(script.send("activities", "12:05", name="a")) == []  # 36 again, but not armed
    cooled = script.wait("14:05")
    assert told(cooled) == [("threshold", "cooled", "down", "total", 12, 0, None)]
    assert (cooled[0].occurred_at, cooled[0].trigger, cooled[0].at) == ("2026-11-22T14:05:00.000Z", None, 10)
    for minute in ("00", "01", "02"):  # armed, but inside the cooldown: the crossing is lost
        assert told(script.send("activities", f"23T10:{minute}", name="a")) == []
    assert told(script.wait("23T10:20")) == []
    assert told(script.wait("23T12:02")) == [("threshold", "cooled", "down", "total", 12, 0, None)]
    for minute in ("03", "04", "05"):
        alerts = script.send("activities", f"23T12:{minute}", name="a")
    assert told(alerts) == [("threshold", "hot", "up", "total", 24, 36, None)]


def test_an_alert_id_is_the_same_however_often_it_is_worked_out(script: Script) -> None:
    """The id is made of app, lead, first_seen_at, kind, id, value and a count: not of when or where it was decided."""

    def day(script: Script, *, restarts: bool) -> list[str]:
        found = []
        for number in range(6):
            found += script.view(f"10:{number:02}", "/pricing", visit_id=f"v{number}")
            if restarts:
                script.restart()
        return [alert.alert_id for alert in [*found, *script.send("activities", "11:00", name="quote_opened")]]

    ids = day(script, restarts=False)
    assert len(set(ids)) == len(ids) == 4
    assert day(Script(MODEL), restarts=True) == ids
    assert not set(ids) & set(day(Script(MODEL, app="other"), restarts=False))
    assert not set(ids) & set(day(Script(MODEL, lead="lead-43"), restarts=False))
