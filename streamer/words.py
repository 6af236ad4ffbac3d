"""Alerts and leads in words: who it is about, what happened, and why, each in a few words without a line break."""

from __future__ import annotations

from typing import Final

from topics.alerts import Alert, ReasonFor, Scores

REASONS_SHOWN: Final = 3
ARROWS: Final = {"up": "↑", "down": "↓"}


def headline(alert: Alert) -> str:
    """`hot ↑`, `stage → decision`, `choosing (fridges)`."""
    if alert.kind == "stage":
        return f"stage → {alert.value or 'none'}"
    value = "" if alert.value is None else f" ({alert.value})"
    return f"{alert.id}{value} {ARROWS[alert.direction]}"


def change(alert: Alert) -> str:
    """`total 28 → 33`."""
    return f"{alert.score} {alert.before:.6g} → {alert.after:.6g}"


def who(lead_id: str, profile: dict[str, object]) -> str:
    """The lead's id with what is known of name, job title and company."""
    known = [str(profile[field]) for field in ("name", "job_title", "company") if profile.get(field)]
    return f"{lead_id} ({', '.join(known)})" if known else lead_id


def main_reasons(reasons: list[ReasonFor], scores: Scores, score: str = "total") -> str:
    """The rules with the most points for this score, in words; for the total, those of all scores without categories."""
    chosen = [reason for reason in reasons if _counts_for(reason, scores, score)]
    chosen.sort(key=lambda reason: abs(reason.points), reverse=True)
    return ", ".join(_words(reason) for reason in chosen[:REASONS_SHOWN])


def printable(text: str) -> str:
    """The text with whatever would move a terminal's cursor made visible."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _counts_for(reason: ReasonFor, scores: Scores, score: str) -> bool:
    name, _, category = score.partition("[")
    if name == "total":
        return not isinstance(scores.get(reason.score), dict)
    return reason.score == name and (not category or str(reason.value) == category.removesuffix("]"))


def _words(reason: ReasonFor) -> str:
    value = "" if reason.value is None else f" {reason.value}"
    times = f" ({reason.times}×)" if reason.times > 1 else ""
    return f"{reason.rule}{value} {reason.points:+.6g}{times}"
