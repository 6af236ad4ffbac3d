"""A routes file -> the checked plan with warnings, or every fault at once."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Final

from streamer.model.document import Scalar, Sequence, read_document
from streamer.model.faults import Fault, ModelError
from streamer.model.place import Place, Report, near, shown
from streamer.model.source import read_file
from streamer.notify.calendar import WEEKDAYS, Quiet
from streamer.notify.channels import KINDS
from streamer.notify.keys import Keys, check_url
from streamer.notify.message import DEFAULT_SUBJECT, DEFAULT_TEXT, Template, TemplateError, read_template
from streamer.notify.plan import DAY_MS, MATCHED, Channel, Plan, Route, Terms
from topics import limits

ALL_KEYS: Final = ("timezone", "dashboard", "max_age", "channels", "routes")
TERMS: Final = ("subject", "text", "quiet_hours", "quiet_days", "per_manager", "beyond", "in_doubt", "retry_for")
HOURS: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,50}", re.ASCII)
KNOWN_VALUES: Final = {"kind": ("threshold", "rule", "stage"), "direction": ("up", "down")}


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """A plan that can be used, and what in its file is legal but surely not meant."""

    plan: Plan
    warnings: tuple[Fault, ...] = ()


def load_plan(path: Path, environ: Mapping[str, str]) -> LoadedPlan:
    """The plan in a file; raises ModelError, also for a file that cannot be read."""
    return read_plan(read_file(path, "the routes file", limits.ROUTES_BYTES_MAX), environ, str(path))


def read_plan(text: str, environ: Mapping[str, str], source: str = "notify.yaml") -> LoadedPlan:
    """The plan in a text, `source` names it in faults; raises ModelError."""
    report = Report(source)
    plan = _read(Place(read_document(text.removeprefix("\ufeff"), source, "channels and routes"), "", report), environ)
    if report.faults:
        raise ModelError(tuple(sorted(set(report.faults))))
    return LoadedPlan(plan, tuple(sorted(set(report.warnings))))


def _read(place: Place, environ: Mapping[str, str]) -> Plan:
    found = place.fields(ALL_KEYS, required=("channels", "routes"))
    channels = _read_channels(found["channels"], environ) if "channels" in found else {}
    routes = _read_routes(found["routes"], channels) if "routes" in found else ()
    if "channels" in found:
        for name, at in found["channels"].keys().items():
            if not any(name in route.to for route in routes):
                at.doubt(f"no route leads to the channel {name}")
    dashboard = found.get("dashboard")
    return Plan(
        channels=channels,
        routes=routes,
        zone=_read_zone(found["timezone"]) if "timezone" in found else zoneinfo.ZoneInfo("UTC"),
        dashboard="" if dashboard is None else check_url(dashboard, dashboard.text("an address", limits.URL_CHARS_MAX)).rstrip("/"),
        max_age_ms=found["max_age"].duration_ms() if "max_age" in found else DAY_MS,
    )


def _read_channels(place: Place, environ: Mapping[str, str]) -> dict[str, Channel]:
    channels: dict[str, Channel] = {}
    if len(entries := place.entries()) > limits.CHANNELS_MAX:
        place.refuse(f"at most {limits.CHANNELS_MAX} channels, got {len(entries)}")
    for name, one in entries.items():
        if not NAME.fullmatch(name):
            one.refuse("the name of a channel is 1 to 50 letters, digits, '-' and '_'")
        kind_at = one.entries().get("type") if one.is_mapping else None
        if kind_at is None:
            one.fields(("type", *TERMS), required=("type",))
            continue
        kind = KINDS.get(kind_at.word(KINDS, "type"))
        if kind is not None:
            found = one.fields(("type", *kind.keys, *TERMS), required=kind.required)
            channels[name] = Channel(name, kind.read(Keys(found, environ)), _read_terms(found))
    return channels


def _read_terms(found: Mapping[str, Place]) -> Terms:
    keys = Keys(found, {})
    return Terms(
        subject=_read_template(found.get("subject"), DEFAULT_SUBJECT),
        text=_read_template(found.get("text"), DEFAULT_TEXT),
        quiet=_read_quiet(found.get("quiet_hours"), found.get("quiet_days")),
        per_manager=found["per_manager"].whole(1) if "per_manager" in found else None,
        drop_beyond=keys.word("beyond", ("hold", "drop")) == "drop",
        resend_in_doubt=keys.word("in_doubt", ("resend", "dead-letter")) == "resend",
        retry_for_ms=keys.duration_ms("retry_for", DAY_MS),
    )


def _read_template(place: Place | None, default: str) -> Template:
    text = default if place is None else place.text("text", limits.TEMPLATE_CHARS_MAX)
    try:
        return read_template(text)
    except TemplateError as error:
        if place is not None:
            place.refuse(str(error))
        return read_template("")


def _read_quiet(hours: Place | None, days: Place | None) -> Quiet | None:
    start = end = None
    if hours is not None:
        found = HOURS.fullmatch(hours.value) if isinstance(hours.value, str) else None
        if found is None:
            hours.expected('hours such as "20:00-08:00"')
        else:
            start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
            if start == end:
                hours.refuse("expected two different times")
                start = end = None
    quiet_days = frozenset() if days is None else frozenset(one.word(WEEKDAYS, "day") for one in days.items(7, "days"))
    if days is not None and len(quiet_days) == len(WEEKDAYS):
        days.refuse("nothing would ever be sent: at most 6 days can be quiet")
        return None
    numbers = frozenset(WEEKDAYS.index(day) for day in quiet_days if day)
    return Quiet(start, end, numbers) if start is not None or numbers else None


def _read_routes(place: Place, channels: Mapping[str, Channel]) -> tuple[Route, ...]:
    routes = []
    for one in place.items(limits.ROUTES_MAX, "routes"):
        found = one.fields((*MATCHED, "to"), required=("to",))
        match: dict[str, frozenset[str]] = {}
        for name in MATCHED:
            if name in found:
                match[name] = frozenset(_values(found[name], KNOWN_VALUES.get(name)))
        to = tuple(_channel(at, channels) for at in _one_or_more(found["to"])) if "to" in found else ()
        routes.append(Route(to, match))
    return tuple(routes)


def _one_or_more(place: Place) -> list[Place]:
    return place.items(limits.ANY_OF_MAX, "values") if isinstance(place.node, Sequence) else [place]


def _values(place: Place, known: tuple[str, ...] | None) -> list[str]:
    return [one.text() if known is None else one.word(known, "value") for one in _one_or_more(place)]


def _channel(place: Place, channels: Mapping[str, Channel]) -> str:
    name = place.node.text if isinstance(place.node, Scalar) else ""
    if name not in channels:
        place.refuse(f"no usable channel {shown(place.node)}{near(name, channels)}")
    return name


def _read_zone(place: Place) -> zoneinfo.ZoneInfo:
    name = place.text("the name of a time zone")
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        suggestion = near(name, zoneinfo.available_timezones())
        place.refuse(f"unknown time zone {shown(place.node)}{suggestion or ', expected a name such as Europe/Warsaw'}")
        return zoneinfo.ZoneInfo("UTC")
