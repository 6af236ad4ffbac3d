"""The bounds of the contract, section 3: exact up to them, and beyond them what the contract says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.score.script import Script
from tests.score.test_contract_day import MODEL

START = datetime(2026, 11, 1, tzinfo=UTC)
HEAD = "version: v\nscores: {a: {}, c: {by: category}}\nrules:\n"


def minute(number: float) -> str:
    """So many minutes after the start."""
    return (START + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")


def total(script: Script) -> float:
    """The lead's total now."""
    scores = script.scores()
    assert scores is not None
    return scores.total


@pytest.mark.parametrize(("others", "points"), [(255, 256), (256, 258)])
def test_the_newest_256_ids_are_known(others: int, points: int) -> None:
    """An id among the newest 256 is a duplicate; an older one counts again."""
    script = Script(HEAD + "- {id: r, when: page_view, points: 1}")
    script.view(minute(0), event_id="again")
    for number in range(others):
        script.view(minute(1), event_id=f"e{number}")
    script.view(minute(2), event_id="again")
    assert total(script) == points


@pytest.mark.parametrize(
    ("count", "within"), [("{at_least: 256, within: 1d}", True), ("{at_least: 128, distinct: path, within: 1d}", False)]
)
def test_the_largest_counts_are_exact(count: str, *, within: bool) -> None:
    """With 256 times, or 128 different values, the rule turns true at the last and false when the first leaves."""
    largest = 256 if within else 128
    script = Script(HEAD + f"- {{id: r, when: page_view, count: {count}, points: 1}}")
    for number in range(largest):
        if number == largest - 1:
            assert total(script) == 0
        script.view(minute(number), f"/{number}")
    assert total(script) == 1
    script.wait(minute(1440 - 0.001))
    assert script.scores() is None
    script.wait(minute(1440))
    assert total(script) == 0


def test_of_same_the_newest_32_values_live() -> None:
    """The least recent value is dropped, and without `within` its points too."""
    script = Script(HEAD + "- {id: r, when: page_view, count: {at_least: 1, same: category}, points: 1}")
    for number in range(32):
        script.view(minute(number), category=f"c{number}")
    assert total(script) == 32
    script.view(minute(40), category="c0")  # seen again: now c1 is the least recent
    script.view(minute(41), category="another")
    scores = script.scores()
    assert scores is not None
    assert scores.total == 32
    assert {reason.value for reason in scores.reasons} == {"c0", "another", *(f"c{number}" for number in range(2, 32))}


@pytest.mark.parametrize("apart", [60, 2880], ids=["in-one-window", "in-windows-of-their-own"])
@pytest.mark.parametrize("values", [33, 100])
@pytest.mark.parametrize("more", ["", ", expires_after: 10d", ", half_life: 10d"])
@pytest.mark.parametrize("award", ["once", "each"])
def test_awards_outlive_the_32_values_of_same(award: str, more: str, values: int, apart: int) -> None:
    """Of any number of values, 32 of them live at a time, each has its award: once, for as long as awards last."""
    rule = f"count: {{at_least: 1, same: visit_id, within: 1d}}, award: {award}{more}, points: 1"
    script = Script(HEAD + f"- {{id: r, when: page_view, {rule}}}")
    rises = [minute(number * apart) for number in range(values)]
    for number, when in enumerate(rises):
        script.view(when, visit_id=f"v{number}")
    again = minute(values * apart)
    script.view(again, visit_id="v0")
    rises += [again] if award == "each" else []

    def worth(now: str) -> float:
        ages = [(datetime.fromisoformat(now) - datetime.fromisoformat(rise)) / timedelta(days=10) for rise in rises]
        return sum(2**-age if "half" in more else age < 1 if more else 1 for age in ages)

    assert total(script) == pytest.approx(worth(again), abs=2e-6)
    script.restart()
    later = minute(values * apart + 7200)
    script.wait(later)
    script.send("calls", later, direction="inbound", outcome="missed")
    assert total(script) == pytest.approx(worth(later), abs=2e-6)


def test_of_same_a_value_out_of_its_window_gives_way_first() -> None:
    """A value that is only kept for its award does not take the place of one that lives."""
    script = Script(HEAD + "- {id: r, when: page_view, count: {at_least: 2, same: visit_id, within: 10d}, award: once, points: 1}")
    script.view(minute(1440 * 8), visit_id="lives")
    for hour in range(2):
        script.view(minute(1440 + hour), visit_id="gone", timestamp=minute(1440 * 8))
    script.wait(minute(1440 * 12))
    for number in range(31):
        script.view(minute(1440 * 12 + number), visit_id=f"v{number}")
    script.view(minute(1440 * 13), visit_id="lives")
    assert total(script) == 2


def test_of_a_score_by_category_32_live() -> None:
    """The least recent category goes, in every rule that feeds the score."""
    script = Script(
        HEAD + "- {id: r, when: page_view, points: 1, score: c}\n- {id: s, when: page_view, points: 2, score: c, expires_after: 30d}\n"
    )
    for number in range(33):
        script.view(minute(number), category=f"c{number}")
    scores = script.scores()
    assert scores is not None
    assert scores.scores["c"] == {f"c{number}": 3 for number in range(1, 33)}


def test_an_older_value_than_the_newest_128_may_earn_again() -> None:
    """`once_per` knows the newest 128 values."""
    script = Script(HEAD + "- {id: r, when: page_view, points: 1, once_per: visit_id}")
    for number in range(128):
        script.view(minute(number), visit_id=f"v{number}")
    script.view(minute(200), visit_id="v0")
    assert total(script) == 128
    script.view(minute(201), visit_id="v128")
    script.view(minute(202), visit_id="v0")
    assert total(script) == 130


@pytest.mark.parametrize("more", ["", ", once_per: visit_id"])
def test_beyond_128_earnings_neighbours_merge(more: str) -> None:
    """Points leave late then, by at most a 128th of their time, and all of them leave."""
    script = Script(HEAD + f"- {{id: r, when: page_view, points: 1, expires_after: 1d{more}}}")
    for number in range(256):
        script.view(minute(number * 5), visit_id=f"v{number}")
    assert total(script) == 256
    late, left = 1440 / 128, 256.0
    for number in range(256):
        script.wait(minute(number * 5 + 1440 + late))
        scores = script.scores()
        left = left if scores is None else scores.total
        assert 255 - number - 2 - late / 5 <= left <= 255 - number  # none late by more, and none early
    assert left == 0


def test_beyond_128_earnings_decay_is_exact() -> None:
    """Points with a half-life need no times to go on fading: those of the newest 128 and of all before them are as if all were known."""
    rules = ["{id: all, when: page_view, points: 2", "{id: once, when: page_view, points: 2, once_per: visit_id"]
    rules.append("{id: by, when: page_view, points: 2, once_per: visit_id, score: c")
    script = Script(HEAD + "".join(f"- {rule}, half_life: 3h}}\n" for rule in rules))
    for number in range(300):
        script.view(minute(number if number % 7 else number - 100 * (number > 200)), visit_id=f"v{number}", category="mens")
    script.wait(minute(301))
    script.view(minute(302), visit_id="v299")
    scores = script.scores()
    assert scores is not None
    of_all, of_once, by = scores.reasons
    assert of_once.points == pytest.approx(of_all.points - 2, abs=2e-6)
    assert by.points == pytest.approx(of_once.points, abs=2e-6)
    assert (of_all.times, of_once.times, by.times) == (301, 300, 300)


@pytest.mark.parametrize("score", ["a", "c"])
@pytest.mark.parametrize(
    ("rule", "earned", "first"),
    [
        ("limit: {times: 100}", 100, 0),
        ("limit: {points: 14.5}", 14.5, 0),
        ("limit: {times: 128}, skip: 128", 128, 128),
        ("limit: {times: 90}, once_per: visit_id", 90, 0),
        ("limit: {times: 100, per: day}", 100, 0),
    ],
)
def test_events_beyond_a_full_limit_take_up_no_room(rule: str, earned: float, first: int, score: str) -> None:
    """The earliest earn until they expire, however many come after them; a late one takes the place of the last of them."""
    script = Script(HEAD + f"- {{id: r, when: page_view, points: 1, score: {score}, expires_after: 30d, {rule}}}")
    for number in [*range(1, 300), 0]:
        script.view(minute(number), visit_id=f"v{number}", category="mens", timestamp=minute(300))

    def points() -> float:
        scores = script.scores()
        assert scores is not None
        return sum(reason.points for reason in scores.reasons)

    assert points() == earned
    script.wait(minute(30 * 1440 + first))
    assert points() == earned - 1


@pytest.mark.parametrize(
    ("skipped", "more", "earned"),
    [
        (1, "", 160),
        (3, "", 158),
        (3, ", expires_after: 30d", 158),
        (3, ", half_life: 30d", 158),
        (2, ", limit: {times: 140}", 140),
    ],
)
def test_a_late_event_takes_up_the_skip_however_many_have_come(skipped: int, more: str, earned: int) -> None:
    """The last of those that were skipped earns in its place, for its own category."""
    script = Script(HEAD + f"- {{id: r, when: page_view, points: 1, score: c, skip: {skipped}{more}}}")
    for number in range(160):
        script.view(minute(60 + number), category="skipped" if number < skipped else "others")
    script.view(minute(0), category="late", timestamp=minute(220))
    scores = script.scores()
    assert scores is not None
    assert {reason.value: reason.times for reason in scores.reasons} == {"skipped": 1, "others": earned - 1}


@pytest.mark.parametrize("skipped", [0, 40])
def test_a_late_event_takes_up_the_limit_of_its_day_however_many_have_come(skipped: int) -> None:
    """The last one of that day that earned gives way to it, also in the oldest of eight days."""
    script = Script(HEAD + f"- {{id: r, when: page_view, points: 1, score: c, skip: {skipped}, limit: {{times: 25, per: day}}}}")
    for day in range(8):
        for number in range(25 + day * 7 + skipped * (day == 0)):
            script.view(minute(day * 1440 + 60 + number), category=f"day-{day}")
    for day in range(1, 8):
        script.view(minute(day * 1440), category="late", timestamp=minute(7 * 1440 + 120))
    scores = script.scores()
    assert scores is not None
    assert scores.scores["c"] == {"day-0": 25, "late": 7, **{f"day-{day}": 24 for day in range(1, 8)}}


@pytest.mark.parametrize("more", ["skip: 1", "once_per: visit_id", "limit: {times: 100, per: day}"])
def test_beyond_128_earnings_no_category_loses_points(more: str) -> None:
    """Neighbours merge in each of the 32 categories: points leave late by at most a 128th of their time, and never early."""
    script = Script(HEAD + f"- {{id: r, when: page_view, points: 1, score: c, expires_after: 10d, {more}}}")
    for number in range(801):
        script.view(minute(number * 17), category=f"c{number % 32}", visit_id=f"v{number}")

    def points() -> float:
        scores = script.scores()
        assert scores is not None
        return sum(reason.points for reason in scores.reasons)

    assert points() == 801 - ("skip" in more)
    script.wait(minute(400 * 17 + 14400))
    assert 400 <= points() <= 400 + 113 / 17
    script.wait(minute(800 * 17 + 14400))
    assert points() == 0


def test_evidence_is_bounded_for_a_rule_and_for_a_lead() -> None:
    """Of each rule the newest 10 records are named; with long ids fewer, for a lead keeps 1 KiB of them."""
    script = Script(HEAD + "- {id: r, when: page_view, points: 1, alert: true}\n- {id: s, when: call, points: 1}")
    for number in range(30):
        alerts = script.view(minute(number))
        assert [reference.offset for reference in alerts[0].reasons[0].evidence] == list(range(max(0, number - 9), number + 1))
    script = Script(HEAD + "- {id: r, when: page_view, points: 1, alert: true}")
    for number in range(30):
        alerts = script.view(minute(number), event_id=f"{number:03}" + "ż" * 125)
        offsets = [reference.offset for reference in alerts[0].reasons[0].evidence]
        assert offsets == list(range(number + 1 - len(offsets), number + 1))
        assert 1 <= len(offsets) <= 3  # 16 bytes and 253 of the id each


def test_a_full_row_is_bounded() -> None:
    """The contract's own model, every rule fed beyond its bounds: the row does not grow any more."""
    script = Script(MODEL)
    script.profile(minute(0), name="x" * 256, job_title="head", company="y" * 256, city="Warsaw")
    sizes = []
    for number in range(900):
        when = minute(number)
        script.view(when, f"/pricing/{number}", visit_id=f"visit-{number}", category=f"category-{number % 9}", event_id=f"{number:032x}")
        if number % 5 == 0:
            script.send("email-events", when, action="opened", message_id=f"m{number}")
            script.send("calls", when, direction="inbound", outcome="missed")
            script.send("activities", when, name="quote_opened")
            script.send("webinars", when, action="watched", webinar_id=f"w{number}", percent=60)
            script.send("purchases", when, order_id=f"o{number}")
        if number % 100 == 99:
            row = dict(script.partition.flush())[b"lead-42"]
            assert row is not None
            sizes.append(len(row))
    assert max(sizes[6:]) <= max(sizes[:6]) * 1.03


def test_what_older_earnings_leave_behind_is_bounded() -> None:
    """Of 30 days of mails, each opened once, the row keeps 128 and one number for each 128th of the time before."""
    script = Script(HEAD + "- {id: r, when: email_opened, points: 1, once_per: message_id, expires_after: 30d}")
    sizes = []
    for number in range(2400):
        script.send("email-events", minute(number * 30), action="opened", message_id=f"m{number}")
        if number % 100 == 99:
            row = dict(script.partition.flush())[b"lead-42"]
            assert row is not None
            sizes.append(len(row))
    assert max(sizes) < 10 * 1024
    assert sizes[-1] <= max(sizes[:-5])
