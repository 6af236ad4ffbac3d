"""`rules`: places in the file -> rules. Which keys go together is one table; what is not in it is refused with the reason."""

from __future__ import annotations

from streamer.model.conditions import condition_of, read_condition, read_field, read_tests
from streamer.model.counts import earnings_of, read_count, read_limit
from streamer.model.place import Place, near, quoted
from streamer.model.scores import TOTAL, Scores
from streamer.model.spec import Award, Condition, Count, FieldTest, Form, Rule, Score
from topics import limits

OPENERS = ("when", "all", "sequence", "after", "profile")
SHARED = ("id", "points", "score", "alert")
FADING = ("expires_after", "half_life")
KEYS: dict[Form, tuple[str, ...]] = {
    Form.PLAIN: ("when", "where", "once_per", "skip", "limit", *FADING),
    Form.COUNT: ("when", "where", "count", "award", *FADING),
    Form.ALL: ("all", "within", "award", *FADING),
    Form.SEQUENCE: ("sequence", "within", "award", *FADING),
    Form.AFTER: ("after", "without", "within", "award", *FADING),
    Form.PROFILE: ("profile", "award", *FADING),
}
ALL_KEYS = tuple(dict.fromkeys((*SHARED, *OPENERS, *(key for keys in KEYS.values() for key in keys))))
WHY_NOT = {
    "where": "only beside a `when`",
    "count": "only beside a `when`",
    "once_per": "only on plain rules (`when` without `count`)",
    "skip": "only on plain rules (`when` without `count`)",
    "limit": "only on plain rules (`when` without `count`)",
    "award": "not on a plain rule, whose events earn the points themselves",
    "within": "only with `all`, `sequence` or `after`; a count has its own, as in count: {at_least: 5, within: 2d}",
    "without": "only with `after`",
}


def read_rules(place: Place, scores: Scores) -> tuple[Rule, ...]:
    """Every rule, in the order of the file."""
    places = place.items(limits.RULES_MAX, "rules", may_be_empty=True)
    rules = [read_rule(at, scores) for at in places]
    refuse_repeated(places, [rule.id for rule in rules])
    return tuple(rules)


def refuse_repeated(places: list[Place], ids: list[str]) -> None:
    """Refuses an id that stands above in the same list."""
    first: dict[str, Place] = {}
    for place, taken in zip(places, ids, strict=True):
        if taken and taken in first:
            place.entries()["id"].refuse(f"the id {quoted(taken)} is already taken by {first[taken].path}")
        first.setdefault(taken, place)


def read_rule(place: Place, scores: Scores) -> Rule:
    """One rule of any form."""
    found = place.fields(ALL_KEYS, required=("id",))
    openers = [key for key in OPENERS if key in found]
    form = _form_of(openers, found)
    if len(openers) == 1:
        _refuse_combinations(form, found)
    elif place.is_mapping:
        place.refuse(f"expected exactly one of {', '.join(OPENERS)}, got {' and '.join(openers) or 'none of them'}")
    count = read_count(found["count"]) if "count" in found and form is Form.COUNT else None
    points = found["points"].number(-limits.POINTS_MAX, limits.POINTS_MAX) if "points" in found else 0
    alert = "alert" in found and found["alert"].boolean()
    limit = read_limit(found["limit"]) if "limit" in found and form is Form.PLAIN else None
    skip = found["skip"].whole(0) if "skip" in found and form is Form.PLAIN else 0
    if found.keys() & set(FADING):
        _bound_timed("skip", found, skip)
        _bound_timed("limit", found, earnings_of(limit, points) if limit else 0)
    if points == 0 and not alert:
        place.doubt("the rule gives no points and no alert, so it does nothing")
    return Rule(
        id=found["id"].text() if "id" in found else "",
        form=form,
        score=_read_score(place, found, form, count, scores),
        points=points,
        conditions=_read_conditions(form, found),
        profile=_read_profile(found["profile"]) if form is Form.PROFILE else (),
        count=count,
        within_ms=found["within"].duration_ms() if "within" in found and "within" in KEYS[form] else None,
        once_per=read_field(found["once_per"]) if "once_per" in found and form is Form.PLAIN else None,
        skip=skip,
        limit=limit,
        expires_after_ms=found["expires_after"].duration_ms() if "expires_after" in found else None,
        half_life_ms=found["half_life"].duration_ms() if "half_life" in found else None,
        award=_read_award(found),
        alert=alert,
    )


def _form_of(openers: list[str], found: dict[str, Place]) -> Form:
    if not openers or openers[0] == "when":
        return Form.COUNT if "count" in found else Form.PLAIN
    return Form(openers[0])


def _refuse_combinations(form: Form, found: dict[str, Place]) -> None:
    for key, at in found.items():
        if key not in (*SHARED, *KEYS[form], *OPENERS):
            at.refuse(f"`{key}` stands {WHY_NOT[key]}")
    if all(key in found for key in FADING):
        found["half_life"].refuse("`expires_after` and `half_life` exclude each other")
    if form is not Form.PLAIN and _read_award_quietly(found) is Award.WHILE:
        for key in FADING:
            if key in found:
                found[key].refuse(f"`{key}` is only on plain rules (`when` without `count`), or with `award: once` or `award: each`")
    if form is Form.AFTER:
        for key in ("without", "within"):
            if key not in found:
                found["after"].refuse(f"`after` needs `{key}` beside it")


def _bound_timed(key: str, found: dict[str, Place], earnings: int) -> None:
    """A rule whose points go away with time keeps the times of its earnings, and so not many."""
    largest = limits.TIMED_SKIP_OR_LIMIT_MAX
    if earnings > largest:
        found[key].refuse(f"at most {largest} earnings beside expires_after or half_life, got {earnings}")


def _read_award_quietly(found: dict[str, Place]) -> Award | None:
    value = found["award"].value if "award" in found else Award.WHILE
    return Award(value) if value in list(Award) else None


def _read_award(found: dict[str, Place]) -> Award:
    return Award(found["award"].word(Award, "award") or "while") if "award" in found else Award.WHILE


def _read_conditions(form: Form, found: dict[str, Place]) -> tuple[Condition, ...]:
    match form:
        case Form.PLAIN | Form.COUNT:
            return (condition_of(found),) if "when" in found else ()
        case Form.ALL | Form.SEQUENCE:
            return tuple(read_condition(at) for at in found[form].items(limits.CONDITIONS_MAX, "conditions"))
        case Form.AFTER:
            return tuple(read_condition(found[key]) for key in ("after", "without") if key in found)
        case Form.PROFILE:
            return ()


def _read_profile(place: Place) -> tuple[FieldTest, ...]:
    tests = read_tests(place)
    if place.is_mapping and not tests:
        place.refuse("expected at least one field of the profile")
    return tests


def _read_score(place: Place, found: dict[str, Place], form: Form, count: Count | None, scores: Scores) -> str:
    if "score" not in found:
        return next(iter(scores), "")
    at = found["score"]
    name = at.text("a score")
    score = scores.get(name)
    if name == TOTAL:
        at.refuse("`total` is worked out from the scores, a rule gives its points to one of them")
    elif score is None and name and scores:
        at.refuse(f"unknown score {quoted(name)}{near(name, scores)}")
    elif score is not None and score.by is not None:
        _check_by(at, score, form, count)
    return name


def _check_by(at: Place, score: Score, form: Form, count: Count | None) -> None:
    if form is Form.COUNT:
        if count is None or count.same != score.by:
            at.refuse(f"a count feeds the score {score.name} only with `same: {score.by}`, the field of its `by`")
    elif form is not Form.PLAIN:
        at.refuse(f"the score {score.name} is kept by {score.by}: only plain rules and `count` with `same: {score.by}` feed it")
