"""`count` and `limit`: places in the file -> how many events make a rule true, how much events may earn."""

from __future__ import annotations

from math import ceil

from streamer.model.conditions import COMPARISONS, read_field
from streamer.model.place import Place
from streamer.model.spec import Count, Limit, Number, Per
from topics import limits

# What each comparison makes of its number: (lowest that can be asked, change to a bound that includes it).
LOWEST = {"at_least": 1, "more_than": 0, "at_most": 0, "less_than": 1}
CHANGE = {"at_least": 0, "more_than": 1, "at_most": 0, "less_than": -1}


def read_count(place: Place) -> Count:
    """`{at_least: 5, within: 2d, distinct: path, same: category}`, with one lower bound, one upper bound, or both."""
    found = place.fields((*COMPARISONS, "within", "distinct", "same"))
    compared = [key for key in COMPARISONS if key in found]
    largest = limits.TIMES_MAX
    if "distinct" in found:
        largest = limits.COUNT_DISTINCT_MAX
    elif "within" in found:
        largest = limits.COUNT_MAX
    bounds = {key: found[key].whole(LOWEST[key], largest) + CHANGE[key] for key in compared}
    if place.is_mapping and not compared:
        place.refuse(f"expected one of {', '.join(COMPARISONS)}")
    for one, other in (("at_least", "more_than"), ("at_most", "less_than")):
        if one in bounds and other in bounds:
            found[other].refuse(f"`{one}` and `{other}` exclude each other")
    low = bounds.get("at_least", bounds.get("more_than", 0))
    high = bounds.get("at_most", bounds.get("less_than"))
    if high is not None and low > high:
        place.doubt("no number is within these bounds, so the rule can never be true")
    return Count(
        low=low,
        high=high,
        within_ms=found["within"].duration_ms() if "within" in found else None,
        distinct=read_field(found["distinct"]) if "distinct" in found else None,
        same=read_field(found["same"]) if "same" in found else None,
    )


def read_limit(place: Place) -> Limit:
    """`{points: 15, times: 3, per: day}`, with points, times or both."""
    found = place.fields(("points", "times", "per"))
    if place.is_mapping and not found.keys() & {"points", "times"}:
        place.refuse("expected points, times or both")
    return Limit(
        points=found["points"].positive(limits.POINTS_MAX) if "points" in found else None,
        times=found["times"].whole(1) if "times" in found else None,
        per=Per(found["per"].word(Per, "period") or "ever") if "per" in found else Per.EVER,
    )


def earnings_of(limit: Limit, points: Number) -> int:
    """How many events earn before the limit is reached; 0 when it is never reached."""
    if limit.times is not None:
        return limit.times
    return ceil(limit.points / abs(points)) if limit.points is not None and points else 0
