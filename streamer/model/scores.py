"""`scores`, `total`, and references to scores: places in the file -> scores, and expressions whose names all exist."""

from __future__ import annotations

from streamer.model.conditions import read_field
from streamer.model.formula import SCORE_NAME, FormulaError, parse_formula, parse_reference
from streamer.model.place import Place, near, quoted
from streamer.model.spec import Constant, Expression, Operation, ProfileRef, Score, ScoreRef
from topics import limits

TOTAL = "total"
Scores = dict[str, Score]


def read_scores(place: Place) -> Scores:
    """The scores by name, in the order of the file; the first is the default one."""
    entries = place.entries()
    if len(entries) > limits.SCORES_MAX:
        place.refuse(f"at most {limits.SCORES_MAX} scores, got {len(entries)}")
    for name, key in place.keys().items():
        if name == TOTAL:
            key.refuse("`total` is the name of the formula, a score needs another one")
        elif not SCORE_NAME.fullmatch(name) or len(name) > limits.ID_CHARS_MAX:
            key.refuse(f"expected a name of the letters a to z, digits and _ that starts with a letter, got {quoted(name)}")
    scores = {name: read_score(name, at) for name, at in entries.items()}
    if place.is_mapping and not scores:
        place.refuse("expected at least one score")
    first = next(iter(scores.values()), None)
    if first is not None and first.by is not None:
        entries[first.name].refuse("the first score is the default one and may not have `by`")
    return scores


def read_score(name: str, place: Place) -> Score:
    """`{by: category, min: 0, max: 100}`, all of them optional."""
    found = {} if place.is_null else place.fields(("by", "min", "max"))
    score = Score(
        name=name,
        by=read_field(found["by"]) if "by" in found else None,
        min=found["min"].number() if "min" in found else None,
        max=found["max"].number() if "max" in found else None,
    )
    if score.min is not None and score.max is not None and score.min > score.max:
        found["min"].refuse(f"min {score.min} is above max {score.max}")
    return score


def read_total(place: Place, scores: Scores) -> Expression | None:
    """The formula of `total`, a string or a number."""
    if isinstance(place.value, int | float) and not isinstance(place.value, bool):
        return Constant(place.number())
    if not isinstance(place.value, str):
        place.expected("a formula or a number")
        return None
    try:
        total = parse_formula(place.value)
    except FormulaError as error:
        place.refuse(f"not a formula: {error}")
        return None
    for reference in references(total):
        if reference.name == TOTAL:
            place.refuse("`total` cannot be worked out from itself")
        else:
            check_reference(place, reference, scores, list(scores))
    return total


def references(expression: Expression) -> set[ScoreRef]:
    """The scores that an expression uses."""
    if isinstance(expression, ScoreRef):
        return {expression}
    if isinstance(expression, Operation):
        return {reference for operand in expression.operands for reference in references(operand)}
    return set()


def profile_fields(expression: Expression) -> set[str]:
    """The fields of the profile that an expression uses."""
    if isinstance(expression, ProfileRef):
        return {expression.field}
    if isinstance(expression, Operation):
        return {field for operand in expression.operands for field in profile_fields(operand)}
    return set()


def read_reference(place: Place, scores: Scores) -> ScoreRef | None:
    """What a threshold watches: `total`, a score, or `product[mens]`; None when refused."""
    text = place.text("a score")
    if not text:
        return None
    try:
        reference = parse_reference(text)
    except FormulaError as error:
        place.refuse(f"not a score: {error}")
        return None
    return reference if check_reference(place, reference, scores, [*scores, TOTAL]) else None


def check_reference(place: Place, reference: ScoreRef, scores: Scores, names: list[str]) -> bool:
    """Refuses scores that do not exist (`names` may stand here), and categories too many or too few. Without scores nothing can be said."""
    score = scores.get(reference.name)
    if reference.name == TOTAL:
        if reference.category is None:
            return True
        place.refuse("`total` has no categories")
    elif score is None:
        if scores:
            place.refuse(f"unknown score {quoted(reference.name)}{near(reference.name, names)}")
    elif score.by is None and reference.category is not None:
        place.refuse(f"the score {score.name} has no `by`, so no [{reference.category}]")
    elif score.by is not None and reference.category is None:
        place.refuse(f"the score {score.name} has one number for each {score.by}: name one, as in {score.name}[mens]")
    else:
        return True
    return False
