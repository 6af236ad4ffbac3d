"""Why a lead has its scores: each rule's points, with the newest records they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from msgspec import Raw

from streamer.model.spec import Award, Form
from streamer.score.evidence import serials_in, unpack_references
from streamer.score.numbers import rounded
from streamer.score.packed import packed_evidence
from streamer.score.row import POINTS, SERIALS, TIMES, Row
from streamer.score.rules import CompiledRule
from topics.alerts import ReasonFor, Reference
from topics.registry import INPUT_TOPICS, LEAD_PROFILES
from topics.times import format_rfc3339

Known = dict[bytes, tuple[int, str]]
"""The references of one lead by serial: when it happened, and the reference as JSON."""


class Explainer:
    """Turns rows into reasons, for one model and one partition. `prefix` is that of the topics."""

    def __init__(self, rules: Mapping[int, CompiledRule], prefix: str, partition: int, *, packed: bool = True) -> None:
        self._rules = [
            (key, rule.spec.id, rule.spec.score, rule.reasons, _memory_ms(rule), rule.spec.form is Form.PROFILE)
            for key, rule in rules.items()
        ]
        self._topics = {topic.code: prefix + topic.name for topic in INPUT_TOPICS}
        self._starts = {
            code: f'{{"topic":{orjson.dumps(name).decode()},"partition":{partition},"offset":' for code, name in self._topics.items()
        }
        self._partition = partition
        self._packed_evidence = packed_evidence if packed else None
        texts: list[bytes | None] = [None] * (2 * (max(self._topics) + 1))
        for code, name in self._topics.items():
            texts[2 * code : 2 * code + 2] = self._starts[code].encode(), f"{name}/{partition}/".encode()
        self._texts = tuple(texts)

    def reasons(self, row: Row, now_ms: int) -> list[ReasonFor]:
        """In the model's order; the points of a score's reasons add up to its unclamped sum."""
        known: Known | None = None
        found: list[ReasonFor] = []
        states, references, texts, packed_evidence = row.rules, row.references, self._texts, self._packed_evidence
        for key, id_, score, reasons, memory_ms, is_of_profile in self._rules:
            state = states.get(key)
            if state is None:
                continue
            oldest_ms = -1 if memory_ms is None else now_ms - memory_ms
            for value, one in reasons(state):
                packed: bytes | None = None
                if is_of_profile:
                    packed = self._of_profile(row)
                elif packed_evidence is not None:
                    packed = packed_evidence(references, one[SERIALS], oldest_ms, texts)
                if packed is None:
                    known = self._known(row) if known is None else known
                    packed = _as_list(_newer(known, one[SERIALS], oldest_ms))
                # JSON that is ready to be sent, in place of the list that readers of an alert get
                evidence: Any = Raw(packed) if packed else []
                found.append(ReasonFor(id_, score, rounded(one[POINTS]), one[TIMES], value, evidence))
        return found

    def reference(self, topic_code: int, offset: int, event_id: str | None) -> Reference:
        """A record as a trigger names it."""
        topic = self._topics[topic_code]
        event_id = event_id or f"{topic}/{self._partition}/{offset}"
        return Reference(topic=topic, partition=self._partition, offset=offset, event_id=event_id)

    def _of_profile(self, row: Row) -> bytes:
        return _as_list([self._evidence(LEAD_PROFILES.code, row.profile_at[1], row.profile_at[0], None)] if row.profile_at else [])

    def _evidence(self, topic_code: int, occurred_at: int, offset: int, event_id: str | None) -> str:
        """The record as JSON right away: an alert names the same one under several rules."""
        if event_id is None:
            event_id = f"{self._topics[topic_code]}/{self._partition}/{offset}"
        name = f'"{event_id}"' if event_id.isascii() and event_id.isalnum() else orjson.dumps(event_id).decode()
        return f'{self._starts[topic_code]}{offset},"event_id":{name},"occurred_at":"{format_rfc3339(occurred_at)}"}}'

    def _known(self, row: Row) -> Known:
        evidence = self._evidence
        return {
            serial: (occurred_at, evidence(code, occurred_at, offset, event_id))
            for serial, code, occurred_at, offset, event_id in unpack_references(row.references)
        }


def _newer(known: Known, serials: bytes, than_ms: int) -> list[str]:
    """The references of a rule that happened after a time, in order of arrival."""
    found = [known[serial] for serial in serials_in(serials) if serial in known]
    return [evidence for occurred_at, evidence in found if occurred_at > than_ms]


def _as_list(evidence: list[str]) -> bytes:
    """A JSON array; nothing when there is none."""
    return f"[{','.join(evidence)}]".encode() if evidence else b""


def _memory_ms(rule: CompiledRule) -> int | None:
    """How long an event counts for a rule whose points go with it; None when it is not forgotten."""
    spec = rule.spec
    if spec.form is Form.PLAIN:
        return spec.expires_after_ms
    if spec.award is not Award.WHILE:
        return None
    if spec.count is not None:
        return spec.count.within_ms
    return spec.within_ms if spec.form is Form.ALL else None
