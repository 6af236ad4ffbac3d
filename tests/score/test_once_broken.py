"""Laws that were broken once, each by the smallest play that shows it."""

from __future__ import annotations

from typing import Any

from tests.score.script import Script, told

HEAD = "version: v\nscores: {a: {}, b: {max: 12}, c: {by: category}}\nrules:\n"


def shown(script: Script) -> list[tuple[Any, ...]]:
    """The newest reasons in short."""
    scores = script.scores()
    assert scores is not None
    return [(reason.value, reason.points, reason.times) for reason in scores.reasons]


def test_the_first_event_is_judged_with_what_it_brings() -> None:
    """A rule that is true at zero events was never true for a lead that began with one."""
    script = Script(HEAD + "- {id: r, when: page_view, count: {at_most: 0}, award: once, points: 1, alert: true}")
    assert script.view("10:00") == []
    assert shown(script) == []


def test_a_late_event_out_of_the_window_brings_no_value_to_life() -> None:
    """`same` judges values that have an event in the window, so nothing rises for one that left it before it came."""
    count = "count: {at_most: 1, within: 1h, same: category}"
    script = Script(HEAD + f"- {{id: r, when: page_view, {count}, award: once, points: 1, alert: true}}")
    script.view("10:00")
    assert script.view("09:00", timestamp="10:00", category="mens") == []
    assert shown(script) == []


def test_an_event_without_the_distinct_field_brings_no_value_to_life() -> None:
    """An event without one of the fields does not count, for its category neither."""
    count = "count: {at_most: 1, distinct: visit_id, same: category}"
    script = Script(HEAD + f"- {{id: r, when: page_view, {count}, award: once, points: 1, alert: true, expires_after: 1h}}")
    script.view("10:00", category="mens")
    assert told(script.view("10:01", category="womens", visit_id="v")) == [("rule", "r", "up", "a", 0, 1, "womens")]
    assert script.wait("12:00") == []


def test_a_late_event_takes_the_skip_from_another_category() -> None:
    """The earliest is skipped whatever its category, and the one that earns in its place is the one alerted."""
    script = Script(HEAD + "- {id: r, when: page_view, skip: 1, points: 5, score: c, alert: true}")
    assert script.view("10:00", category="mens") == []
    assert told(script.view("09:00", timestamp="10:00", category="womens")) == [("rule", "r", "up", "c", 0, 5, "mens")]
    assert shown(script) == [("mens", 5, 1)]


def test_falls_below_remembers_that_it_fired() -> None:
    """Its cooldown holds, and without one each firing has an id of its own."""
    rule = HEAD + "- {id: r, profile: {city: null}, points: 1}\nthresholds: [{id: t, score: total, falls_below: 1COOLDOWN}]"
    for cooldown, firings in (("", 2), (", cooldown: 1h", 1)):
        script = Script(rule.replace("COOLDOWN", cooldown))
        script.view("10:00")
        found = script.profile("10:01", city="Warsaw") + script.profile("10:02") + script.profile("10:03", city="Warsaw")
        assert len({alert.alert_id for alert in found}) == len(found) == firings


def test_a_removal_of_nobodys_profile_begins_no_lead() -> None:
    """Not even where machines were seen before."""
    script = Script(HEAD + "- {id: r, profile: {city: null}, points: 1, alert: true}")
    script.view("10:00", human=False)
    assert script.profile("10:01") == []
    assert script.scores() is None
    assert told(script.view("10:02")) == [("rule", "r", "up", "a", 0, 1, None)]


def test_what_expires_is_published_though_the_score_stays() -> None:
    """The reasons add up to the sum, which the score's maximum hides."""
    script = Script(HEAD + "- {id: r, when: page_view, points: 10, score: b, expires_after: 1h}")
    for minute in ("00", "01", "02"):
        script.view(f"10:{minute}")
    assert shown(script) == [(None, 30, 3)]
    script.wait("11:00")
    assert shown(script) == [(None, 20, 2)]


def test_before_is_decayed_to_just_before_the_moment() -> None:
    """What time makes happen is compared with the number as it was then, not as it was judged last."""
    rules = (
        "- {id: r, when: page_view, points: 8, half_life: 1h}\n"
        "- {id: s, after: {when: page_view}, without: {when: call}, within: 2h, points: 5, alert: true}"
    )
    script = Script(HEAD + rules)
    script.view("10:00")
    assert told(script.wait("12:00")) == [("rule", "s", "up", "a", 2, 7, None)]


def test_an_event_of_the_first_millisecond_counts() -> None:
    """Epoch 0 is a time as any other."""
    script = Script(HEAD + "- {id: r, all: [{when: page_view}], points: 1}")
    script.view("1970-01-01T00:00:00Z")
    assert shown(script) == [(None, 1, 1)]
