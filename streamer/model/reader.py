"""A scoring model file -> the checked model with warnings, or every fault at once.

The file is read in the order of what needs what: the document, the scores, the total, then rules, thresholds and stages.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from pathlib import Path

from streamer.model.document import Scalar, read_document
from streamer.model.faults import Fault, ModelError
from streamer.model.place import Place, Report, near, shown
from streamer.model.rules import read_rules
from streamer.model.scores import Scores, read_scores, read_total
from streamer.model.source import read_file, too_large
from streamer.model.spec import Model, Rule
from streamer.model.thresholds import read_stages, read_thresholds
from topics import limits

ALL_KEYS = ("version", "timezone", "scores", "total", "rules", "thresholds", "stages")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that can be used, and what in it is legal but surely not meant."""

    model: Model
    warnings: tuple[Fault, ...] = ()


def load_model(path: Path) -> LoadedModel:
    """The model in a file; raises ModelError, also for a file that cannot be read."""
    return read_model(read_file(path, "the model", limits.MODEL_BYTES_MAX), str(path))


def read_model(text: str, source: str = "model.yaml") -> LoadedModel:
    """The model in a text, `source` names it in faults; raises ModelError."""
    if len(text) > limits.MODEL_BYTES_MAX:
        raise too_large(source, "the model", limits.MODEL_BYTES_MAX)
    report = Report(source)
    model = _read(Place(read_document(text.removeprefix("\ufeff"), source), "", report))
    if report.faults:
        raise ModelError(tuple(sorted(set(report.faults))))
    return LoadedModel(model, tuple(sorted(set(report.warnings))))


def _read(place: Place) -> Model:
    found = place.fields(ALL_KEYS, required=("version", "scores"))
    scores = read_scores(found["scores"]) if "scores" in found else {}
    total = read_total(found["total"], scores) if "total" in found else None
    rules = read_rules(found["rules"], scores) if "rules" in found else ()
    if scores and not place.report.faults:
        _doubt_unfed(found["scores"], scores, rules)
    return Model(
        version=_read_version(found["version"]) if "version" in found else "",
        timezone=_read_timezone(found["timezone"]) if "timezone" in found else "UTC",
        scores=tuple(scores.values()),
        rules=rules,
        total=total,
        thresholds=read_thresholds(found["thresholds"], scores, total) if "thresholds" in found else (),
        stages=read_stages(found["stages"], scores, total) if "stages" in found else (),
    )


def _read_version(place: Place) -> str:
    """Any string; a number or date keeps the text it is written with."""
    if not isinstance(place.node, Scalar) or place.is_null:
        place.expected("a string")
        return ""
    version = place.node.text
    if len(version) > limits.VERSION_CHARS_MAX:
        place.refuse(f"at most {limits.VERSION_CHARS_MAX} characters, got {len(version)}")
    return version


def _read_timezone(place: Place) -> str:
    name = place.text("the name of a time zone")
    try:
        zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        suggestion = near(name, zoneinfo.available_timezones())
        place.refuse(f"unknown time zone {shown(place.node)}{suggestion or ', expected a name such as Europe/Warsaw'}")
    return name


def _doubt_unfed(place: Place, scores: Scores, rules: tuple[Rule, ...]) -> None:
    fed = {rule.score for rule in rules if rule.points}
    for name, at in place.entries().items():
        if name not in fed:
            at.doubt(f"no rule gives points to the score {name}")
