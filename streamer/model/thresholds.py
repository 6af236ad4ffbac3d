"""`thresholds` and `stages`: places in the file -> what fires alerts, with a word on what can never fire."""

from __future__ import annotations

from math import inf

from streamer.model.place import Place, near, quoted
from streamer.model.reach import Range, reach, reach_of_score, reach_of_total
from streamer.model.rules import refuse_repeated
from streamer.model.scores import TOTAL, Scores, read_reference
from streamer.model.spec import Expression, ScoreRef, Stage, Threshold
from topics import limits

WAYS = ("at", "falls_below", "leads")
ALL_KEYS = ("id", "score", "at", "rearm_below", "below", "falls_below", "leads", "by", "cooldown", "action")
ONLY_WITH = {"rearm_below": "at", "below": "at", "by": "leads"}


def read_thresholds(place: Place, scores: Scores, total: Expression | None) -> tuple[Threshold, ...]:
    """Every threshold, in the order of the file."""
    places = place.items(limits.THRESHOLDS_MAX, "thresholds", may_be_empty=True)
    thresholds = [read_threshold(at, scores, total) for at in places]
    refuse_repeated(places, [threshold.id for threshold in thresholds])
    return tuple(thresholds)


def read_threshold(place: Place, scores: Scores, total: Expression | None) -> Threshold:
    """One threshold: `at`, `falls_below` or `leads`."""
    found = place.fields(ALL_KEYS, required=("id",))
    ways = [key for key in WAYS if key in found]
    if place.is_mapping and len(ways) != 1:
        place.refuse(f"expected exactly one of {', '.join(WAYS)}, got {' and '.join(ways) or 'none of them'}")
    for key, needed in ONLY_WITH.items():
        if key in found and needed not in found:
            found[key].refuse(f"`{key}` stands only beside `{needed}`")
    if "leads" in found and "score" in found:
        found["score"].refuse("`leads` names the score itself")
    if "leads" in found and "by" not in found:
        found["leads"].refuse("`leads` needs `by` beside it: how far ahead")
    numbers = {key: found[key].number() for key in ("at", "rearm_below", "below", "falls_below") if key in found}
    at, below = numbers.get("at"), numbers.get("below")
    if at is not None and below is not None and below <= at:
        found["below"].refuse(f"expected more than `at` ({at}), got {below}")
    if at is not None and numbers.get("rearm_below", at) > at:
        found["rearm_below"].doubt(f"above `at`: taken as {at}")
        numbers["rearm_below"] = at
    score = read_reference(found["score"], scores) if "score" in found and "leads" not in found else ScoreRef(TOTAL)
    reached = reach_of_total(total, scores) if score == ScoreRef(TOTAL) else reach(score, scores) if score else (-inf, inf)
    for key in ("at", "falls_below"):
        if key in numbers:
            _doubt_reach(found[key], key, numbers[key], reached)
    leads = _read_leads(found["leads"], scores) if "leads" in found else None
    by = found["by"].positive(limits.NUMBER_MAX) if "by" in found else None
    if leads in scores and by is not None and by > reach_of_score(scores[leads])[1]:
        found["by"].doubt(f"the score never gets above {scores[leads].max}, so this never fires")
    return Threshold(
        id=found["id"].text() if "id" in found else "",
        score=score or ScoreRef(TOTAL),
        leads=leads,
        by=by,
        cooldown_ms=found["cooldown"].duration_ms() if "cooldown" in found else 0,
        action=found["action"].text() if "action" in found else None,
        **numbers,
    )


def read_stages(place: Place, scores: Scores, total: Expression | None) -> tuple[Stage, ...]:
    """The stages in rising order."""
    if place.is_null:
        return ()
    entries = place.entries()
    if len(entries) > limits.STAGES_MAX:
        place.refuse(f"at most {limits.STAGES_MAX} stages, got {len(entries)}")
    for name, key in place.keys().items():
        if not 0 < len(name) <= limits.ID_CHARS_MAX:
            key.refuse(f"expected a name of 1 to {limits.ID_CHARS_MAX} characters, got {len(name)}")
    reached = reach_of_total(total, scores)
    taken: dict[float, str] = {}
    stages = []
    for name, at in entries.items():
        lowest = at.number()
        if lowest == at.value and lowest in taken:
            at.refuse(f"the stage {quoted(taken[lowest])} begins at {lowest:g} too")
        taken[lowest] = name
        if lowest > reached[1]:
            at.doubt(f"total never gets above {reached[1]:g}, so no lead comes to this stage")
        stages.append(Stage(name, lowest))
    return tuple(sorted(stages, key=lambda stage: stage.at))


def _doubt_reach(place: Place, key: str, number: float, reached: Range) -> None:
    low, high = reached
    if key == "at" and number > high:
        place.doubt(f"the score never gets above {high:g}, so this never fires")
    if key == "falls_below" and number <= low:
        place.doubt(f"the score never gets below {low:g}, so this never fires")
    if key == "falls_below" and number > high:
        place.doubt(f"the score is always below, as it never gets above {high:g}, so this never fires")


def _read_leads(place: Place, scores: Scores) -> str:
    name = place.text("a score with `by`")
    kept = [score.name for score in scores.values() if score.by is not None]
    if name in scores and name not in kept:
        place.refuse(f"the score {name} has no `by`, so no category can lead")
    elif name and scores and name not in kept:
        place.refuse(f"unknown score {quoted(name)}{near(name, kept)}")
    return name
