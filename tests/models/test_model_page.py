"""`docs/model.md` keeps its word: its examples are accepted, it names the whole language, and what it decides is so."""

from __future__ import annotations

import re

import pytest

from streamer.model import read_model
from streamer.model import rules as rules_module
from streamer.model import thresholds as thresholds_module
from tests.models.life import ROOT, Life
from topics.events import ALL_KINDS

PAGE = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
HEAD = "version: test\nscores:\n  interest: {}\n  product: {by: category}\n"
FORMS = ("when:", "all:", "sequence:", "after:", "profile:")


def life(*rules: str, threshold: str = "") -> Life:
    """A life under these rules, given without braces and id."""
    lines = [f"  - {{id: r{number}, {rule}}}" for number, rule in enumerate(rules)]
    more = [] if not threshold else ["thresholds:", f"  - {{id: t, {threshold}}}"]
    return Life.under_text(HEAD + "\n".join(["rules:", *lines, *more]) + "\n")


def snippets(*starts: str) -> list[str]:
    """What stands in the tables of the page as code, and begins like this."""
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    return [code for row in rows for code in re.findall("`([^`]+)`", row) if code.startswith(starts) and ": " in code]


def test_model_is_accepted() -> None:
    """The model of the page is one that nothing is wrong with."""
    (model,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert read_model(model).warnings == ()


def test_links_lead_somewhere() -> None:
    """Every link of the pages has its file."""
    for page in ("model.md", "conditions.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / "docs" / page).read_text(encoding="utf-8")):
            assert (ROOT / "docs" / target).exists(), target


def test_whole_language_is_named() -> None:
    """Every key of rules and thresholds, and every kind of event, stands on the page."""
    for word in (*rules_module.ALL_KEYS, *thresholds_module.ALL_KEYS, *ALL_KINDS):
        assert re.search(rf"\b{word}\b", PAGE), word


@pytest.mark.parametrize("form", snippets(*FORMS))
def test_forms(form: str) -> None:
    """Each example of a form is a rule."""
    read_model(HEAD + f"rules:\n  - {{id: r, points: 1, {form}}}\n")


@pytest.mark.parametrize("key", snippets("once_per:", "skip:", "limit:", "expires_after:", "half_life:", "count:"))
def test_keys_of_a_rule(key: str) -> None:
    """Each example of a key stands beside a `when`."""
    read_model(HEAD + f"rules:\n  - {{id: r, when: page_view, points: 1, {key}}}\n")


@pytest.mark.parametrize(
    "test", snippets("path:", "category:", "phone:", "name:", "percent:", "budget_agreed:", "plan:", "email:", "properties")
)
def test_tests_of_a_field(test: str) -> None:
    """Each example of a field's test stands in a `where`."""
    read_model(HEAD + f"rules:\n  - {{id: r, when: activity, points: 1, where: {{{test}}}}}\n")


@pytest.mark.parametrize(
    ("award", "points"),
    [
        ("", [10, 0, 10, 0]),
        ("award: once, ", [10, 10, 10, 10]),
        ("award: once, alert: true, ", [10, 10, 10, 10]),  # goes on to rise, for its alerts
        ("award: each, ", [10, 10, 20, 20]),
        ("award: once, expires_after: 90m, ", [10, 10, 0, 0]),
        ("award: each, half_life: 1h, ", [10, 5, 12.5, 6.25]),
    ],
)
def test_awards(award: str, points: list[float]) -> None:
    """A rule that becomes true, false, and true again gives its points while it is true, once for good, or each time."""
    one = life(f"when: page_view, count: {{at_least: 2, within: 1h}}, {award}points: 10")
    one.view("2026-11-02 10:00", "/")
    given = []
    for when, is_view in (("10:00", True), ("11:00", False), ("12:00", True), ("13:00", False)):
        if is_view:
            one.view(f"2026-11-02 {when}", "/")
            one.view(f"2026-11-02 {when}", "/")
        else:
            one.mail(f"2026-11-02 {when}", "opened")
        given.append(one.total)
    assert given == points


def test_lead_without_a_card() -> None:
    """A lead without a card has none of the fields, from its first event on."""
    one = life("profile: {city: null}, points: 5, alert: true")
    assert one.view("2026-11-02 10:00", "/") == ["r0 up: interest 0 → 5"]
    one.profile("2026-11-02 11:00", city="Warsaw")
    assert one.total == 0
    one.no_profile("2026-11-02 12:00")
    assert one.total == 5


def test_first_moment() -> None:
    """The first event is judged with what it brought: of another kind there is none, of its own there is one."""
    one = life("when: page_view, count: {at_most: 0}, points: 1, alert: true", "when: call, count: {at_most: 0}, points: 10, alert: true")
    assert one.view("2026-11-02 10:00", "/") == ["r1 up: interest 0 → 10"]


def test_swallowed_crossing_leaves_the_threshold_armed() -> None:
    """After the cooldown the next crossing fires, though the score was never below `rearm_below` since the one that was lost."""
    one = life("when: page_view, points: 10", "when: call, points: -5", threshold="at: 10, rearm_below: 1, cooldown: 1d")
    one.view("2026-11-02 10:00", "/")
    for _ in range(2):
        one.call("2026-11-02 11:00")  # below rearm_below: armed again
    assert one.view("2026-11-02 12:00", "/") == []  # lost
    one.call("2026-11-03 09:00")  # 5: not below rearm_below
    assert one.view("2026-11-03 10:00", "/") == ["t up: total 5 → 15"]


def test_after_comes_again() -> None:
    """While a wait runs another event changes nothing; when the rule is true a new wait starts, and it is false until that has run."""
    one = life("after: {when: page_view}, without: {when: call}, within: 1h, points: 7, alert: true")
    one.view("2026-11-02 10:00", "/")
    one.view("2026-11-02 10:30", "/")
    assert one.until("2026-11-02 11:00") == ["2026-11-02 11:00:00: r0 up: interest 0 → 7"]
    one.view("2026-11-02 12:00", "/")
    assert one.total == 0
    assert one.until("2026-11-02 13:00") == ["2026-11-02 13:00:00: r0 up: interest 0 → 7"]
    one.view("2026-11-02 14:00", "/")
    one.call("2026-11-02 14:00")
    assert one.until("2026-11-02 16:00") == []


def test_sequence_at_one_time() -> None:
    """Equal times are in order, but one event cannot be two steps."""
    one = life("sequence: [{when: page_view}, {when: page_view}], points: 3")
    one.view("2026-11-02 10:00", "/")
    assert one.total == 0
    one.view("2026-11-02 10:00", "/")
    assert one.total == 3


def test_category_of_the_alert() -> None:
    """A rule on a score with `by` names the category, and its numbers are that category's."""
    one = life("when: page_view, score: product, points: 5, alert: true")
    assert one.view("2026-11-02 10:00", "/", category="mens") == ["r0[mens] up: product 0 → 5"]
    assert one.view("2026-11-02 10:00", "/", category="womens") == ["r0[womens] up: product 0 → 5"]


def test_late_event_takes_up_the_skip() -> None:
    """A late event is skipped in place of the one that was, which earns now, in its own category."""
    one = life("when: page_view, score: product, skip: 1, points: 5, alert: true")
    assert one.view("2026-11-02 10:00", "/", category="mens") == []
    assert one.view("2026-11-02 10:01", "/", category="womens", occurred_at="2026-11-02T05:00:00Z") == ["r0[mens] up: product 0 → 5"]


def test_tie() -> None:
    """Two categories with the same number: nobody leads, and the next that gets ahead does."""
    one = life("when: page_view, score: product, points: 5", threshold="leads: product, by: 5")
    assert one.view("2026-11-02 10:00", "/", category="mens") == ["t[mens] up: product[mens] 0 → 5"]
    assert one.view("2026-11-02 10:00", "/", category="womens") == []
    assert one.view("2026-11-02 10:00", "/", category="womens") == ["t[womens] up: product[womens] 5 → 10"]


def test_text_and_numbers() -> None:
    """`once_per` counts 3 and "3" apart, and 3 and 3.0 together; as the values of a score they are one."""
    scores = "version: test\nscores:\n  interest: {}\n  plans: {by: plan}\n"
    rules = "rules:\n  - {id: once, when: page_view, once_per: plan, points: 1}\n  - {id: by, when: page_view, score: plans, points: 1}\n"
    one = Life.under_text(scores + rules)
    for plan in (3, "3", 3.0):
        one.view("2026-11-02 10:00", "/", plan=plan)
    assert one.scores == {"interest": 2, "plans": {"3": 3}}
